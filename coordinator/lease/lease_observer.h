// Whoever wants to know what becomes of leases.
#ifndef ASSAY_COORDINATOR_LEASE_LEASE_OBSERVER_H_
#define ASSAY_COORDINATOR_LEASE_LEASE_OBSERVER_H_

#include <optional>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// A report of predictions, and what became of it.
struct ObservedCommit {
  CommitOutcome outcome;
  const RunSpec& run;
  // Those that are stored by it: none of one that is stale or a duplicate.
  absl::Span<const GradedItem> items;
  absl::Duration took;                                // to grade and to store them
  std::optional<absl::Duration> held = std::nullopt;  // since the lease was granted, where known
};

// Thread-safe; must be quick. Called once the database has what is told of.
class LeaseObserver {
 public:
  virtual ~LeaseObserver() = default;

  // A worker has asked, and was granted so many, 0 included.
  virtual void Granted(int leases, absl::Duration took) = 0;
  virtual void Committed(const ObservedCommit& commit) = 0;
  // A report that does not fit its shard. That the lease failed is told as well.
  virtual void Refused() = 0;
  // A lease has ended without a result.
  virtual void Failed(FailureKind kind) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_LEASE_OBSERVER_H_
