#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/benchmark/benchmark.h"
#include "common/catalog/built_in.h"

namespace assay {
namespace {

using ::testing::ElementsAre;

class PromptFittingTest : public testing::Test {
 protected:
  // Every character is a token: a shot has 13 ("1\nAnswer: x\n\n"), the item 9 ("1\nAnswer:").
  PromptFittingTest() {
    item_.fields.emplace("input", "1");
    shot_.fields = item_.fields;
    shot_.target.push_back('x');
  }

  absl::StatusOr<FittedPrompt> Fit(int max_input, size_t shots) {
    counted_.clear();
    ProtocolSpec protocol = benchmark_->protocols().front();
    protocol.max_input = max_input;
    return FitPrompt(*benchmark_, protocol, item_, std::vector<Item>(shots, shot_),
                     [this](absl::string_view text) -> absl::StatusOr<int64_t> {
                       counted_.push_back(static_cast<int64_t>(text.size()));
                       return counted_.back();
                     });
  }

  const Benchmark* const benchmark_ = *FindBenchmark("bbh");
  Item item_;
  Item shot_;
  std::vector<int64_t> counted_;
};

TEST_F(PromptFittingTest, KeepsAllShotsThatFitExactly) {
  const auto prompt = Fit(48, 3);
  ASSERT_TRUE(prompt.ok());
  EXPECT_EQ(prompt->shots_used, 3);
  EXPECT_EQ(prompt->text.size(), 48);
  EXPECT_FALSE(prompt->over_max_input);
  EXPECT_THAT(counted_, ElementsAre(48));
}

TEST_F(PromptFittingTest, DropsShotsOneByOne) {
  const auto prompt = Fit(47, 3);
  ASSERT_TRUE(prompt.ok());
  EXPECT_EQ(prompt->shots_used, 2);
  EXPECT_EQ(Fit(22, 3)->shots_used, 1);
  EXPECT_THAT(counted_, ElementsAre(48, 35, 22));
  EXPECT_EQ(Fit(21, 3)->shots_used, 0);
}

TEST_F(PromptFittingTest, RunsAndFlagsWhatNeverFits) {
  const auto prompt = Fit(8, 2);
  ASSERT_TRUE(prompt.ok());
  EXPECT_EQ(prompt->text, "1\nAnswer:");
  EXPECT_EQ(prompt->shots_used, 0);
  EXPECT_TRUE(prompt->over_max_input);
}

TEST_F(PromptFittingTest, PassesOnTheCountersError) {
  const auto prompt = FitPrompt(
      *benchmark_, benchmark_->protocols().front(), item_, {},
      [](absl::string_view) -> absl::StatusOr<int64_t> { return absl::InternalError("no"); });
  EXPECT_EQ(prompt.status(), absl::InternalError("no"));
}

}  // namespace
}  // namespace assay
