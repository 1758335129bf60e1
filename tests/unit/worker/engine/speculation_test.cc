#include "worker/engine/speculation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LookUpDraftTest, FollowsTheLastEarlierOccurrenceOfTheLastWords) {
  EXPECT_THAT(LookUpDraft({1, 2, 3, 4, 5, 1, 2, 3}, 2), ElementsAre(4, 5));
  EXPECT_THAT(LookUpDraft({1, 2, 3, 4, 9, 1, 2, 3, 7, 1, 2, 3}, 3), ElementsAre(7, 1, 2));
  // Two words where three have not come before.
  EXPECT_THAT(LookUpDraft({8, 2, 3, 4, 5, 1, 2, 3}, 9), ElementsAre(4, 5, 1, 2, 3));
  // A word that repeats itself.
  EXPECT_THAT(LookUpDraft({6, 6, 6, 6}, 5), ElementsAre(6));
}

TEST(LookUpDraftTest, NothingWhereNothingCameBefore) {
  EXPECT_THAT(LookUpDraft({1, 2, 3, 4, 5}, 4), IsEmpty());
  EXPECT_THAT(LookUpDraft({1}, 4), IsEmpty());
  EXPECT_THAT(LookUpDraft({}, 4), IsEmpty());
  EXPECT_THAT(LookUpDraft({1, 2, 3, 1, 2, 3}, 0), IsEmpty());
}

TEST(NextDraftLimitTest, GrowsWithSuccessAndShrinksWithout) {
  EXPECT_EQ(NextDraftLimit(4, 4, 4), 8);
  EXPECT_EQ(NextDraftLimit(16, 16, 16), 16);
  EXPECT_EQ(NextDraftLimit(8, 8, 2), 3);
  EXPECT_EQ(NextDraftLimit(8, 8, 0), 4);
  EXPECT_EQ(NextDraftLimit(1, 1, 0), 1);
}

}  // namespace
}  // namespace assay
