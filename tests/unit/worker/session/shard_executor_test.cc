#include "worker/session/shard_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<PreparedItem> Items(const std::vector<std::string>& questions,
                                const std::string& protocol = "generate") {
  Lease lease = FakeLease(1, questions);
  lease.run.settings.protocol = protocol;
  lease.run.settings.protocol_version = protocol == "generate" ? 1 : 2;
  return *PrepareItems(lease, *ResolveRun(lease, FindFakeBenchmark), FakeCodec(), {});
}

const std::vector<Prediction>& Predictions(const ShardReport& report) {
  return std::get<std::vector<Prediction>>(report.outcome);
}
const ShardFailure& Failure(const ShardReport& report) {
  return std::get<ShardFailure>(report.outcome);
}

class ShardExecutorTest : public testing::Test {
 protected:
  void StepUntilIdle() {
    for (int i = 0; i < 100 && !executor_.idle(); ++i) {
      ASSERT_TRUE(executor_.Step(&reports_).ok());
    }
    ASSERT_TRUE(executor_.idle());
  }

  const LeaseKey first_{1, 1, 1};
  const LeaseKey second_{2, 1, 2};
  FakeWorld world_;
  FakeModel model_{"m", &world_, /*requests_per_step=*/3};
  ShardExecutor executor_{&model_};
  std::vector<ShardReport> reports_;
};

TEST_F(ShardExecutorTest, ReportsAShardWhenAllItsItemsAreDone) {
  executor_.Add(first_, Items({"a", "b"}), &reports_);
  executor_.Add(second_, Items({"c", "d"}), &reports_);
  ASSERT_TRUE(executor_.Step(&reports_).ok());  // a, b and c
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(reports_[0].lease, first_);
  ASSERT_TRUE(executor_.Step(&reports_).ok());
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[1].lease, second_);
  EXPECT_TRUE(executor_.idle());

  const Prediction& prediction = Predictions(reports_[0])[1];
  EXPECT_EQ(prediction.item_id, "1/1");
  EXPECT_EQ(prediction.prompt, "b:");
  EXPECT_EQ(prediction.output, "ok");
  EXPECT_EQ(prediction.output_token_ids, FakeCodec::Ids("ok"));
  EXPECT_EQ(prediction.finish_reason, FinishReason::kStop);
  EXPECT_EQ(prediction.cached_tokens, 1);
}

TEST_F(ShardExecutorTest, ChoicesKeepTheirOrder) {
  executor_.Add(first_, Items({"a"}, "choices"), &reports_);
  StepUntilIdle();
  const Prediction& prediction = Predictions(reports_.at(0)).at(0);
  EXPECT_THAT(prediction.choice_loglikelihoods, ElementsAre(-2, -3));
  EXPECT_EQ(prediction.finish_reason, FinishReason::kNone);
  EXPECT_EQ(prediction.output, "");
}

TEST_F(ShardExecutorTest, VariantsOfAnItemComeTogetherInTheirOrder) {
  model_.newest_first = true;
  executor_.Add(first_, Items({"a", "b"}, "both-ways"), &reports_);
  ASSERT_TRUE(executor_.Step(&reports_).ok());  // three of the four requests
  EXPECT_TRUE(reports_.empty());
  StepUntilIdle();
  const std::vector<Prediction>& predictions = Predictions(reports_.at(0));
  ASSERT_EQ(predictions.size(), 2u);
  for (const Prediction& prediction : predictions) {
    EXPECT_THAT(prediction.choice_loglikelihoods, ElementsAre(-1, -1, -101, -101));
    EXPECT_EQ(prediction.cached_tokens, 2);
  }
}

TEST_F(ShardExecutorTest, FailedVariantFailsItsShard) {
  executor_.Add(first_, Items({"a", "!"}, "both-ways"), &reports_);
  StepUntilIdle();
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(Failure(reports_[0]).message, "item 1/1: went wrong");
}

TEST_F(ShardExecutorTest, FailedItemFailsItsShardAloneAndFreesItsRequests) {
  executor_.Add(first_, Items({"a", "!", "b", "c", "d"}), &reports_);
  executor_.Add(second_, Items({"e"}), &reports_);
  StepUntilIdle();
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_[0].lease, first_);
  EXPECT_EQ(Failure(reports_[0]).message, "item 1/1: went wrong");
  EXPECT_FALSE(Failure(reports_[0]).fatal_for_run);
  EXPECT_FALSE(Failure(reports_[0]).returned);
  EXPECT_EQ(world_.CountEvents("cancel"), 2);  // c and d; b was done in the same step
  EXPECT_EQ(reports_[1].lease, second_);
  EXPECT_EQ(Predictions(reports_[1]).size(), 1u);
}

TEST_F(ShardExecutorTest, RefusedRequestFailsItsShardAtOnce) {
  executor_.Add(first_, Items({"a", "?", "b"}), &reports_);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(Failure(reports_[0]).message, "item 1/1: refused");
  EXPECT_TRUE(executor_.idle());
  EXPECT_FALSE(model_.HasWork());
}

TEST_F(ShardExecutorTest, NotANumberIsAFailure) {
  executor_.Add(first_, Items({"~"}, "choices"), &reports_);
  StepUntilIdle();
  EXPECT_THAT(Failure(reports_.at(0)).message, HasSubstr("not a number"));
}

TEST_F(ShardExecutorTest, CancelledShardIsNotReported) {
  executor_.Add(first_, Items({"a", "b"}), &reports_);
  executor_.Add(second_, Items({"c"}), &reports_);
  executor_.Cancel(first_);
  executor_.Cancel({9, 9, 9});
  EXPECT_EQ(model_.requests().size(), 1u);
  StepUntilIdle();
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_EQ(reports_[0].lease, second_);
}

TEST_F(ShardExecutorTest, FailedStepFailsAllShardsAndTheEngineGoesOn) {
  world_.FailNextStep(absl::ResourceExhaustedError("no memory"));
  executor_.Add(first_, Items({"a"}), &reports_);
  executor_.Add(second_, Items({"b"}), &reports_);
  ASSERT_TRUE(executor_.Step(&reports_).ok());
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(Failure(reports_[0]).message, "no memory");
  EXPECT_EQ(Failure(reports_[1]).message, "no memory");
  EXPECT_FALSE(Failure(reports_[0]).fatal_for_run);
  EXPECT_EQ(world_.CountEvents("reset"), 1);
  EXPECT_TRUE(executor_.idle());

  executor_.Add(first_, Items({"a"}), &reports_);
  StepUntilIdle();
  EXPECT_EQ(Predictions(reports_.at(2)).size(), 1u);
}

TEST_F(ShardExecutorTest, EngineThatCannotBeMadeAnewIsAnError) {
  world_.FailNextStep(absl::InternalError("broken"));
  model_.reset_status = absl::ResourceExhaustedError("no memory");
  executor_.Add(first_, Items({"a"}), &reports_);
  EXPECT_EQ(executor_.Step(&reports_), model_.reset_status);
  EXPECT_EQ(reports_.size(), 1u);
}

TEST_F(ShardExecutorTest, EngineThatLosesARequestDoesNotHangTheShard) {
  executor_.Add(first_, Items({"a"}), &reports_);
  model_.requests().clear();
  StepUntilIdle();
  EXPECT_THAT(Failure(reports_.at(0)).message, HasSubstr("without completing"));
}

}  // namespace
}  // namespace assay
