#include "worker/session/lease_benchmarks.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/catalog/built_in.h"

namespace assay {

absl::StatusOr<std::shared_ptr<const Benchmark>> LeaseBenchmarks::Find(const Lease& lease) {
  const RunSpec& run = lease.run;
  if (run.benchmark_sha256.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const Benchmark* benchmark, FindBenchmark(run.benchmark));
    return Unowned(benchmark);
  }
  ASSAY_ASSIGN_OR_RETURN(std::shared_ptr<const Benchmark> benchmark,
                         cache_.Read(absl::StrCat("benchmark ", run.benchmark),
                                     lease.benchmark_text, run.benchmark_sha256));
  if (benchmark->name() == run.benchmark) return benchmark;
  return absl::InvalidArgumentError(absl::StrCat("the lease's text declares benchmark ",
                                                 benchmark->name(), ", not ", run.benchmark));
}

}  // namespace assay
