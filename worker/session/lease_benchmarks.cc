#include "worker/session/lease_benchmarks.h"

#include "common/base/status_macros.h"
#include "common/catalog/built_in.h"

namespace assay {

absl::StatusOr<std::shared_ptr<const Benchmark>> LeaseBenchmarks::Find(const Lease& lease) {
  ASSAY_ASSIGN_OR_RETURN(const Benchmark* benchmark, FindBenchmark(lease.run.benchmark));
  return Unowned(benchmark);
}

}  // namespace assay
