// The benchmarks that a coordinator knows: the program's own, and those that users have declared.
#ifndef ASSAY_COORDINATOR_CATALOG_BENCHMARK_CATALOG_H_
#define ASSAY_COORDINATOR_CATALOG_BENCHMARK_CATALOG_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/run.h"

namespace assay {

// Thread-safe. Whoever holds a benchmark keeps it, whatever becomes of its name.
class BenchmarkCatalog {
 public:
  // What new data sets and runs are made with: the program's own benchmark of this name, or else
  // the latest version of a user's. NotFound names the benchmarks there are.
  absl::StatusOr<std::shared_ptr<const Benchmark>> Latest(const std::string& name);
  // What the run was planned with.
  absl::StatusOr<std::shared_ptr<const Benchmark>> Of(const RunSpec& run);
  // The same, for the protocol. The pointer keeps the benchmark.
  absl::StatusOr<std::shared_ptr<const ProtocolSpec>> ProtocolOf(const RunSpec& run);
  // The latest of every name, in order of name.
  absl::StatusOr<std::vector<std::shared_ptr<const Benchmark>>> All();
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_CATALOG_BENCHMARK_CATALOG_H_
