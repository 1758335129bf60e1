// The benchmarks of a worker's leases: the program's own by name, users' by the text that comes
// with the lease.
#ifndef ASSAY_WORKER_SESSION_LEASE_BENCHMARKS_H_
#define ASSAY_WORKER_SESSION_LEASE_BENCHMARKS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"
#include "common/catalog/declaration_cache.h"
#include "common/domain/worker.h"

namespace assay {

// Thread-safe.
class LeaseBenchmarks {
 public:
  // NotFound for a name that this worker's program does not have; InvalidArgument when the text is
  // not the one that the run was planned with, or cannot be read by this version.
  absl::StatusOr<std::shared_ptr<const Benchmark>> Find(const Lease& lease);

 private:
  DeclarationCache cache_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_LEASE_BENCHMARKS_H_
