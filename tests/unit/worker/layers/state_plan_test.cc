#include "worker/layers/state_plan.h"

#include <gtest/gtest.h>

#include <map>

namespace assay {
namespace {

BatchSlice Slice(int64_t first_row, int64_t rows, int32_t first_position,
                 std::vector<int32_t> blocks, std::vector<StateSnapshot> snapshots = {}) {
  BatchSlice slice;
  slice.first_row = first_row;
  slice.rows = rows;
  slice.first_position = first_position;
  slice.blocks = std::move(blocks);
  slice.snapshots = std::move(snapshots);
  return slice;
}

Batch BatchOf(std::vector<BatchSlice> slices, std::vector<BlockCopy> copies = {}) {
  Batch batch;
  batch.slices = std::move(slices);
  batch.copies = std::move(copies);
  const int64_t rows = batch.slices.back().first_row + batch.slices.back().rows;
  batch.token_ids.resize(static_cast<size_t>(rows));
  return batch;
}

void ExpectSegment(const StateSegment& segment, int64_t first_row, int64_t rows, int32_t from,
                   int32_t to, const std::vector<int32_t>& kept) {
  EXPECT_EQ(segment.first_row, first_row);
  EXPECT_EQ(segment.rows, rows);
  EXPECT_EQ(segment.from, from);
  EXPECT_EQ(segment.to, to);
  EXPECT_EQ(segment.kept, kept);
}

TEST(StatePlanTest, GoesFromBlockToBlockAndKeepsSnapshots) {
  const StatePlan plan(BatchOf({Slice(0, 150, 0, {4, 2, 7}, {{70, 9}, {128, 1}})}));
  ASSERT_EQ(plan.segments().size(), 4u);
  ExpectSegment(plan.segments()[0], 0, 64, kNoBlock, 4, {});
  ExpectSegment(plan.segments()[1], 64, 6, 4, 2, {9});
  ExpectSegment(plan.segments()[2], 70, 58, 2, 2, {1});
  ExpectSegment(plan.segments()[3], 128, 22, 2, 7, {});
  EXPECT_EQ(plan.before(0).row, -1);
  EXPECT_EQ(plan.before(0).block, kNoBlock);
  EXPECT_EQ(plan.before(64).row, 63);
  const std::map<int32_t, int64_t> written(plan.written().begin(), plan.written().end());
  EXPECT_EQ(written, (std::map<int32_t, int64_t>{{4, 63}, {2, 127}, {9, 69}, {1, 127}, {7, 149}}));
}

TEST(StatePlanTest, GoesOnFromWhereEarlierPassesAndRowsHaveLeftOff) {
  // Within a block of an earlier pass; behind a whole one; behind a copy of an earlier pass's
  // state; behind a copy of this pass's.
  const StatePlan plan(
      BatchOf({Slice(0, 1, 70, {0, 1}), Slice(1, 3, 64, {0, 2}), Slice(4, 2, 80, {0, 3}),
               Slice(6, 2, 67, {0, 4})},
              {{.from = 8, .to = 3, .tokens = 16}, {.from = 2, .to = 4, .tokens = 3}}));
  ASSERT_EQ(plan.segments().size(), 4u);
  ExpectSegment(plan.segments()[0], 0, 1, 1, 1, {});
  ExpectSegment(plan.segments()[1], 1, 3, 0, 2, {});
  ExpectSegment(plan.segments()[2], 4, 2, 8, 3, {});
  ExpectSegment(plan.segments()[3], 6, 2, 2, 4, {});
  EXPECT_EQ(plan.before(0).block, 1);
  EXPECT_EQ(plan.before(1).block, 0);
  EXPECT_EQ(plan.before(2).row, 1);
  EXPECT_EQ(plan.before(4).block, 8);
  EXPECT_EQ(plan.before(6).row, 3);
}

}  // namespace
}  // namespace assay
