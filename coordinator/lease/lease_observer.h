// Whoever wants to know what becomes of leases.
#ifndef ASSAY_COORDINATOR_LEASE_LEASE_OBSERVER_H_
#define ASSAY_COORDINATOR_LEASE_LEASE_OBSERVER_H_

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// Thread-safe; must be quick. Called once the database has what is told of.
class LeaseObserver {
 public:
  virtual ~LeaseObserver() = default;

  // A worker has asked, and was granted so many, 0 included.
  virtual void Granted(int leases, absl::Duration took) = 0;
  // A report of predictions. `items` are those that are stored by it: none of one that is stale or
  // a duplicate.
  virtual void Committed(CommitOutcome outcome, const RunSpec& run,
                         absl::Span<const GradedItem> items, absl::Duration took) = 0;
  // A lease has ended without a result.
  virtual void Failed(FailureKind kind) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_LEASE_OBSERVER_H_
