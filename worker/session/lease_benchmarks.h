// The benchmarks of a worker's leases.
#ifndef ASSAY_WORKER_SESSION_LEASE_BENCHMARKS_H_
#define ASSAY_WORKER_SESSION_LEASE_BENCHMARKS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/worker.h"

namespace assay {

// Thread-safe.
class LeaseBenchmarks {
 public:
  absl::StatusOr<std::shared_ptr<const Benchmark>> Find(const Lease& lease);
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_LEASE_BENCHMARKS_H_
