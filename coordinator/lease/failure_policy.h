// What becomes of a shard whose lease ended without a result. Stateless.
#ifndef ASSAY_COORDINATOR_LEASE_FAILURE_POLICY_H_
#define ASSAY_COORDINATOR_LEASE_FAILURE_POLICY_H_

#include "coordinator/store/shard_store.h"

namespace assay {

// An item that was reported so often, alone in its shard, is stored as an error.
inline constexpr int kAttemptsOfOneItem = 3;
// One whose lease ran out so often. Nobody says that it was the item: its worker may have been
// killed, or the network cut. So there are more attempts, and all but the first
// kFailuresInCompany of them have a worker for themselves.
inline constexpr int kExpirationsOfOneItem = 5;

//               one item                        several items
//   returned    retry                           retry
//   reported    retry; error at the third       split
//   expired     retry; error at the fifth       retry; split at the third
//
// Halves of a shard that ran out start with kFailuresInCompany failures, so that an item that ends
// every worker is found after log2(items) + kExpirationsOfOneItem leases.
FailureAction DecideFailure(const FailedShard& shard);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_FAILURE_POLICY_H_
