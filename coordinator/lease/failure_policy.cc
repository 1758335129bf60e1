#include "coordinator/lease/failure_policy.h"

namespace assay {

FailureAction DecideFailure(const FailedShard& shard) {
  if (shard.kind == FailureKind::kReturned) return FailureAction::kRetry;
  const bool expired = shard.kind == FailureKind::kExpired;
  if (shard.items == 1) {
    const int attempts = expired ? kExpirationsOfOneItem : kAttemptsOfOneItem;
    return shard.failures >= attempts ? FailureAction::kStoreError : FailureAction::kRetry;
  }
  return expired && shard.failures <= kFailuresInCompany ? FailureAction::kRetry
                                                         : FailureAction::kSplit;
}

}  // namespace assay
