// The benchmarks that are part of the program. Users' own are known to a coordinator
// (coordinator/catalog), which hands them to workers with their leases.
#ifndef ASSAY_COMMON_CATALOG_BUILT_IN_H_
#define ASSAY_COMMON_CATALOG_BUILT_IN_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"

namespace assay {

// In order of name. They live as long as the process.
absl::Span<const Benchmark* const> AllBenchmarks();
// NotFound, naming the benchmarks there are.
absl::StatusOr<const Benchmark*> FindBenchmark(absl::string_view name);

// A pointer that owns nothing, for what is made for benchmarks that come and go.
std::shared_ptr<const Benchmark> Unowned(const Benchmark* benchmark);

}  // namespace assay

#endif  // ASSAY_COMMON_CATALOG_BUILT_IN_H_
