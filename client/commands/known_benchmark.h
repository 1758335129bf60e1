// A benchmark by its name: the program's own, or a user's that the coordinator knows.
#ifndef ASSAY_CLIENT_COMMANDS_KNOWN_BENCHMARK_H_
#define ASSAY_CLIENT_COMMANDS_KNOWN_BENCHMARK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/commands/service.h"
#include "common/benchmark/benchmark.h"

namespace assay {

// NotFound names the benchmarks there are.
absl::StatusOr<std::shared_ptr<const Benchmark>> FindKnownBenchmark(Service& service,
                                                                    const std::string& name);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_KNOWN_BENCHMARK_H_
