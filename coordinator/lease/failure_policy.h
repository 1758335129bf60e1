// What becomes of a shard whose lease ended without a result. Stateless.
#ifndef ASSAY_COORDINATOR_LEASE_FAILURE_POLICY_H_
#define ASSAY_COORDINATOR_LEASE_FAILURE_POLICY_H_

#include "coordinator/store/shard_store.h"

namespace assay {

// An item that failed so often, alone in its shard, is stored as an error.
inline constexpr int kAttemptsOfOneItem = 3;
// A shard of several items that ran out so often is split. The first time it is most likely the
// machine that went away.
inline constexpr int kExpirationsBeforeSplit = 2;

//               one item                        several items
//   returned    retry                           retry
//   reported    retry; error at the third       split
//   expired     retry; error at the third       retry; split at the second
FailureAction DecideFailure(const FailedShard& shard);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_FAILURE_POLICY_H_
