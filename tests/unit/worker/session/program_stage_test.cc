#include "worker/session/program_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <variant>

#include "absl/time/clock.h"
#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProgramStageTest : public testing::Test {
 protected:
  // Hands in a shard with a prediction for each output.
  void Accept(int64_t number, const std::vector<std::string>& outputs) {
    Lease lease = FakeLease(number, outputs);
    std::vector<Prediction> predictions;
    for (size_t i = 0; i < outputs.size(); ++i) {
      lease.items[i].fields = {{"prompt", "p\n"}, {"test", "t"}, {"entry_point", "f"}};
      predictions.emplace_back().item_id = lease.items[i].id;
      predictions.back().output = outputs[i];
    }
    stage_.Accept(std::move(lease), rule_, std::move(predictions));
  }

  std::vector<ShardReport> Wait(size_t count) {
    absl::MutexLock lock(&mutex_);
    auto enough = [this, count] { return reports_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20)));
    return reports_;
  }
  void WaitForPrograms(size_t count) {
    while (runner_.programs().size() < count) absl::SleepFor(absl::Milliseconds(1));
  }

  CompletionRule rule_;
  absl::Mutex mutex_;
  std::vector<ShardReport> reports_;
  FakeProgramRunner runner_;
  ProgramStage stage_{&runner_, 2, [this](ShardReport report) {
                        absl::MutexLock lock(&mutex_);
                        reports_.push_back(std::move(report));
                      }};
};

TEST_F(ProgramStageTest, EachPredictionGetsItsOutcome) {
  stage_.Start();
  Accept(1, {"\n   return 1\n\nmore", "fail"});
  const std::vector<ShardReport> reports = Wait(1);
  const auto& predictions = std::get<std::vector<Prediction>>(reports[0].outcome);
  ASSERT_EQ(predictions.size(), 2u);
  EXPECT_EQ(predictions[0].item_id, "1/0");
  EXPECT_EQ(predictions[0].program_outcome, kProgramPassed);
  EXPECT_EQ(predictions[0].output, "\n   return 1\n\nmore");
  EXPECT_EQ(predictions[1].program_outcome, "failed: AssertionError");
  EXPECT_THAT(runner_.programs(), testing::UnorderedElementsAre("p\n    return 1\nt\ncheck(f)",
                                                                "p\nfail\nt\ncheck(f)"));
}

TEST_F(ProgramStageTest, TheProtocolSaysWhatTheCompletionIs) {
  stage_.Start();
  rule_ = {ProgramKind::kHumanEvalWhole, {"\ndef"}};
  Accept(1, {"   a\n\n  b\ndef"});
  Wait(1);
  EXPECT_THAT(runner_.programs().at(0), HasSubstr("p\n   a\n\n  b\nt"));
}

TEST_F(ProgramStageTest, ASampleIsMadeIntoAProgramWithItsItem) {
  stage_.Start();
  Lease lease = FakeLease(1, {"x", "y"});
  lease.run.settings.sampling = {.temperature = 1, .samples = 2};
  lease.items[0].fields = {{"prompt", "first\n"}, {"test", "t"}, {"entry_point", "f"}};
  lease.items[1].fields = {{"prompt", "second\n"}, {"test", "t"}, {"entry_point", "f"}};
  std::vector<Prediction> predictions(4);
  for (size_t i = 0; i < 4; ++i) predictions[i].output = std::string(1, static_cast<char>('a' + i));
  stage_.Accept(std::move(lease), rule_, std::move(predictions));
  Wait(1);
  EXPECT_THAT(runner_.programs(),
              testing::UnorderedElementsAre(HasSubstr("first\na"), HasSubstr("first\nb"),
                                            HasSubstr("second\nc"), HasSubstr("second\nd")));
}

TEST_F(ProgramStageTest, AShardThatWaitsDoesNotHoldUpTheNext) {
  stage_.Start();
  Accept(1, {"wait"});
  Accept(2, {"a", "b", "c"});
  EXPECT_EQ(Wait(1)[0].lease.shard_id, 2);
  runner_.Open();
  EXPECT_EQ(Wait(2)[1].lease.shard_id, 1);
}

TEST_F(ProgramStageTest, AProgramThatCannotBeRunFailsItsShardOnce) {
  stage_.Start();
  Accept(1, {"a", "crash", "crash", "crash"});
  Accept(2, {"b"});
  for (const ShardReport& report : Wait(2)) {
    if (report.lease.shard_id == 2) continue;
    const ShardFailure& failure = std::get<ShardFailure>(report.outcome);
    EXPECT_THAT(failure.message, HasSubstr("item 1/"));
    EXPECT_THAT(failure.message, HasSubstr("its program could not be run: no sandbox"));
    EXPECT_FALSE(failure.fatal_for_run);
    EXPECT_FALSE(failure.returned);
  }
  stage_.Stop();
  EXPECT_EQ(Wait(2).size(), 2u);
}

TEST_F(ProgramStageTest, UnfinishedShardsAreReturned) {
  stage_.Start();
  Accept(1, {"wait", "a"});
  WaitForPrograms(1);
  stage_.ReturnUnfinished();
  Accept(2, {"b"});
  for (const ShardReport& report : Wait(2)) {
    EXPECT_TRUE(std::get<ShardFailure>(report.outcome).returned);
  }
  runner_.Open();
  stage_.Stop();
  EXPECT_EQ(Wait(2).size(), 2u);  // the program that ended afterwards is not reported
}

TEST_F(ProgramStageTest, StopKillsWhatRunsAndReportsNothing) {
  stage_.Start();
  Accept(1, {"wait"});
  WaitForPrograms(1);
  stage_.Stop();
  stage_.Stop();
  EXPECT_THAT(Wait(0), IsEmpty());
}

TEST_F(ProgramStageTest, AShardWithoutPredictionsIsReportedAtOnce) {
  Accept(1, {});
  EXPECT_THAT(std::get<std::vector<Prediction>>(Wait(1)[0].outcome), IsEmpty());
}

}  // namespace
}  // namespace assay
