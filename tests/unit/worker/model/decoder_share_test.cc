#include "worker/model/decoder_share.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <vector>

namespace assay {
namespace {

using testing::ElementsAre;

HeadShare Shared(int64_t heads, int64_t kv_heads, int64_t index, int64_t count) {
  const auto share = ShareHeads(heads, kv_heads, {index, count});
  EXPECT_TRUE(share.ok()) << share.status();
  return share.value_or(HeadShare());
}

TEST(ShareHeadsTest, KeyValueHeadsStayWithTheirQueries) {
  const HeadShare first = Shared(9, 3, 0, 2);
  EXPECT_EQ(first.heads, 3);
  EXPECT_THAT(first.kv_heads, ElementsAre(0));
  const HeadShare second = Shared(9, 3, 1, 2);
  EXPECT_EQ(second.first_head, 3);
  EXPECT_EQ(second.heads, 6);
  EXPECT_THAT(second.kv_heads, ElementsAre(1, 2));
}

TEST(ShareHeadsTest, AHeadOfKeysServesSeveralShares) {
  const HeadShare third = Shared(8, 2, 2, 4);
  EXPECT_EQ(third.first_head, 4);
  EXPECT_EQ(third.heads, 2);
  EXPECT_THAT(third.kv_heads, ElementsAre(1));
}

TEST(ShareHeadsTest, QueriesOfTwoHeadsOfKeysHaveCopies) {
  // Of 9 queries to 3 heads of keys, the second of 4 shares has the queries 2 and 3.
  const HeadShare second = Shared(9, 3, 1, 4);
  EXPECT_EQ(second.first_head, 2);
  EXPECT_EQ(second.heads, 2);
  EXPECT_THAT(second.kv_heads, ElementsAre(0, 1));
}

TEST(ShareHeadsTest, EveryQueryHasOneShareAndItsOwnKeys) {
  for (const auto& [heads, kv_heads] :
       {std::pair{9, 3}, {12, 4}, {7, 7}, {8, 1}, {71, 1}, {6, 2}}) {
    for (int64_t count = 1; count <= heads; ++count) {
      int64_t next = 0;
      for (int64_t i = 0; i < count; ++i) {
        const HeadShare share = Shared(heads, kv_heads, i, count);
        EXPECT_EQ(share.first_head, next);
        const int64_t keys = static_cast<int64_t>(share.kv_heads.size());
        ASSERT_GT(keys, 0);
        ASSERT_EQ(share.heads % keys, 0);
        for (int64_t head = 0; head < share.heads; ++head) {
          EXPECT_EQ(share.kv_heads[static_cast<size_t>(head / (share.heads / keys))],
                    (share.first_head + head) / (heads / kv_heads));
        }
        next += share.heads;
      }
      EXPECT_EQ(next, heads);
    }
  }
}

TEST(ShareHeadsTest, MoreSharesThanHeadsAreRefused) {
  EXPECT_TRUE(absl::IsUnimplemented(ShareHeads(3, 3, {0, 4}).status()));
}

}  // namespace
}  // namespace assay
