#include "coordinator/lease/failure_policy.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(FailurePolicyTest, WhatIsGivenBackIsNeverHeldAgainstTheShard) {
  EXPECT_EQ(DecideFailure({FailureKind::kReturned, 1, 99}), FailureAction::kRetry);
  EXPECT_EQ(DecideFailure({FailureKind::kReturned, 8, 99}), FailureAction::kRetry);
}

TEST(FailurePolicyTest, AShardOfSeveralIsSplit) {
  EXPECT_EQ(DecideFailure({FailureKind::kReported, 2, 1}), FailureAction::kSplit);
  EXPECT_EQ(DecideFailure({FailureKind::kExpired, 2, 1}), FailureAction::kRetry);
  EXPECT_EQ(DecideFailure({FailureKind::kExpired, 2, 2}), FailureAction::kRetry);
  EXPECT_EQ(DecideFailure({FailureKind::kExpired, 2, 3}), FailureAction::kSplit);
}

TEST(FailurePolicyTest, AnItemAloneIsStoredAsAnErrorInTheEnd) {
  EXPECT_EQ(DecideFailure({FailureKind::kReported, 1, 2}), FailureAction::kRetry);
  EXPECT_EQ(DecideFailure({FailureKind::kReported, 1, 3}), FailureAction::kStoreError);
  EXPECT_EQ(DecideFailure({FailureKind::kExpired, 1, 4}), FailureAction::kRetry);
  EXPECT_EQ(DecideFailure({FailureKind::kExpired, 1, 5}), FailureAction::kStoreError);
}

}  // namespace
}  // namespace assay
