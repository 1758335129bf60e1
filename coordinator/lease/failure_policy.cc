#include "coordinator/lease/failure_policy.h"

namespace assay {

FailureAction DecideFailure(const FailedShard& shard) {
  if (shard.kind == FailureKind::kReturned) return FailureAction::kRetry;
  if (shard.items == 1) {
    return shard.failures >= kAttemptsOfOneItem ? FailureAction::kStoreError
                                                : FailureAction::kRetry;
  }
  if (shard.kind == FailureKind::kReported) return FailureAction::kSplit;
  return shard.failures >= kExpirationsBeforeSplit ? FailureAction::kSplit : FailureAction::kRetry;
}

}  // namespace assay
