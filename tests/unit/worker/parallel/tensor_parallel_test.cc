#include "worker/parallel/tensor_parallel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/unit/worker/parallel/group_runner.h"
#include "worker/layers/column_gather.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/parallel/process_group.h"

namespace assay {
namespace {

using testing::ElementsAre;

TEST(PanelBoundsTest, WholePanelsAreDividedAndTheLastIsCut) {
  EXPECT_THAT(PanelBounds(100, 32, 1), ElementsAre(0, 100));
  EXPECT_THAT(PanelBounds(100, 32, 2), ElementsAre(0, 64, 100));
  EXPECT_THAT(PanelBounds(100, 32, 3), ElementsAre(0, 32, 64, 100));
  EXPECT_THAT(PanelBounds(33, 16, 4), ElementsAre(0, 0, 16, 32, 33));
}

TEST(ProcessGroupTest, GathersInOrderAndBroadcasts) {
  for (const int64_t count : {2, 4}) {
    InGroup(count, [count](TensorParallel* group) {
      const Share share = group->share();
      const std::vector<int64_t> mine = {share.index, share.index * 10};
      std::vector<int64_t> all(static_cast<size_t>(2 * count));
      ASSERT_TRUE(group->AllGather(mine.data(), 16, all.data()).ok());
      for (int64_t i = 0; i < count; ++i) {
        EXPECT_EQ(all[static_cast<size_t>(2 * i)], i);
        EXPECT_EQ(all[static_cast<size_t>(2 * i + 1)], 10 * i);
      }
      int64_t word = share.index == 0 ? 42 : 0;
      ASSERT_TRUE(group->Broadcast(&word, sizeof(word)).ok());
      EXPECT_EQ(word, 42);
    });
  }
}

TEST(ProcessGroupTest, AProcessThatEndsIsNoticed) {
  InGroup(2, [](TensorParallel* group) {
    int64_t word = 0;
    std::vector<int64_t> all(2);
    if (group->share().index == 1) return;
    // The other may still be there for the first exchange's bytes, never for an answer.
    const absl::Status status = group->AllGather(&word, sizeof(word), all.data());
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("group of 2 processes"));
  });
}

TEST(ProcessGroupTest, AnUnknownAddressIsRefused) {
  const auto group =
      ProcessGroup::Create({.share = {1, 2}, .port = 1, .patience = absl::Milliseconds(200)});
  EXPECT_TRUE(absl::IsUnavailable(group.status())) << group.status();
}

// What the other processes send is what each of them sent in a round before.
class RecordedGroup : public TensorParallel {
 public:
  RecordedGroup(Share share, std::vector<std::string>* sent) : share_(share), sent_(sent) {}
  Share share() const override { return share_; }
  absl::Status AllGather(const void* mine, int64_t bytes, void* all) override {
    (*sent_)[static_cast<size_t>(share_.index)].assign(static_cast<const char*>(mine),
                                                       static_cast<size_t>(bytes));
    char* out = static_cast<char*>(all);
    for (const std::string& part : *sent_) {
      std::memcpy(out, part.data(), part.size());
      out += bytes;
    }
    return absl::OkStatus();
  }
  absl::Status Broadcast(void*, int64_t) override { return absl::OkStatus(); }

 private:
  const Share share_;
  std::vector<std::string>* const sent_;
};

TEST(ColumnGatherTest, ColumnsComeTogetherInEveryLayout) {
  constexpr int64_t kRows = 37;
  constexpr int64_t kColumns = 100;
  constexpr int64_t kShares = 3;
  for (const cpu::InputLayout layout : {cpu::InputLayout::kRows, cpu::InputLayout::kTiles}) {
    for (const int64_t panel : {16, 32}) {
      const std::vector<int64_t> bounds = PanelBounds(kColumns, panel, kShares);
      const int64_t padded = cpu::Padded(kColumns);
      const auto at = [&](std::vector<uint16_t>& matrix, int64_t row, int64_t column) -> uint16_t& {
        return matrix[static_cast<size_t>(cpu::InputOffset(layout, padded, row, column))];
      };
      std::vector<std::vector<uint16_t>> matrices(
          kShares, std::vector<uint16_t>(static_cast<size_t>((kRows + 16) * padded)));
      std::vector<std::string> sent(kShares);
      for (int round = 0; round < 2; ++round) {
        for (int64_t i = 0; i < kShares; ++i) {
          std::vector<uint16_t>& matrix = matrices[static_cast<size_t>(i)];
          const int64_t first = bounds[static_cast<size_t>(i)];
          for (int64_t row = 0; row < kRows; ++row) {
            for (int64_t column = first; column < bounds[static_cast<size_t>(i) + 1]; ++column) {
              at(matrix, row, column) = static_cast<uint16_t>(1000 + row * kColumns + column);
            }
          }
          RecordedGroup group({i, kShares}, &sent);
          const MatrixView view = {
              .data = matrix.data(), .stride = padded, .element_size = 2, .layout = layout};
          ASSERT_TRUE(ColumnGather(&group).Gather(view, first, view, kRows, bounds).ok());
        }
      }
      for (std::vector<uint16_t>& matrix : matrices) {
        for (int64_t row = 0; row < kRows; ++row) {
          for (int64_t column = 0; column < kColumns; ++column) {
            ASSERT_EQ(at(matrix, row, column), 1000 + row * kColumns + column);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace assay
