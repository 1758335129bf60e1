#include "worker/session/evaluation_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <variant>

#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeClock : public Clock {
 public:
  absl::Time Now() override { return absl::UnixEpoch(); }
  void Sleep(absl::Duration duration) override {}
};

// Collects reports; Wait() gives up after a time that no healthy run needs.
class Reports {
 public:
  void Add(ShardReport report) {
    absl::MutexLock lock(&mutex_);
    reports_.push_back(std::move(report));
  }
  std::vector<ShardReport> Wait(size_t count) {
    absl::MutexLock lock(&mutex_);
    auto enough = [this, count] { return reports_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20)));
    return reports_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<ShardReport> reports_;
};

class EvaluationPipelineTest : public testing::Test {
 protected:
  void TearDown() override { world_.SetGate(true); }

  // Waits until the preparation of that many shards has begun; all but the last are then prepared.
  void WaitForPreparations(int count) {
    while (preparations_ < count) absl::SleepFor(absl::Milliseconds(1));
  }

  static std::vector<int64_t> Shards(const std::vector<ShardReport>& reports) {
    std::vector<int64_t> shards;
    for (const ShardReport& report : reports) shards.push_back(report.lease.shard_id);
    return shards;
  }
  static ShardFailure Failure(const ShardReport& report) {
    const auto* failure = std::get_if<ShardFailure>(&report.outcome);
    EXPECT_NE(failure, nullptr) << "shard " << report.lease.shard_id << " did not fail";
    return failure != nullptr ? *failure : ShardFailure{};
  }
  static size_t PredictionCount(const ShardReport& report) {
    const auto* predictions = std::get_if<std::vector<Prediction>>(&report.outcome);
    return predictions != nullptr ? predictions->size() : 0;
  }

  FakeWorld world_;
  FakeClock clock_;
  FakeLoader loader_{&world_};
  Reports reports_;
  std::atomic<int> preparations_ = 0;
  FakeProgramRunner runner_;
  ProgramStage programs_{&runner_, 2,
                         [this](ShardReport report) { reports_.Add(std::move(report)); }};
  EvaluationPipeline pipeline_{&loader_,
                               [this](const Lease& lease) {
                                 ++preparations_;
                                 return FindFakeBenchmark(lease);
                               },
                               &clock_,
                               [this](ShardReport report) { reports_.Add(std::move(report)); },
                               /*most_running=*/2,
                               &programs_};
};

TEST_F(EvaluationPipelineTest, ShardsWithProgramsLeaveForTheirStage) {
  Lease lease = FakeLease(1, {"a", "b"});
  lease.run.settings.protocol = "programs";
  programs_.Start();
  pipeline_.Start();
  pipeline_.Accept(lease);
  pipeline_.Accept(FakeLease(2, {"c"}));
  for (const ShardReport& report : reports_.Wait(2)) {
    for (const Prediction& p : std::get<std::vector<Prediction>>(report.outcome)) {
      EXPECT_EQ(p.program_outcome, report.lease.shard_id == 1 ? kProgramPassed : "");
    }
  }
  EXPECT_EQ(runner_.programs().size(), 2u);
}

TEST_F(EvaluationPipelineTest, WithoutASandboxTheRunFailsBeforeTheModelRuns) {
  runner_.SetCheck(absl::FailedPreconditionError("no namespaces here"));
  Lease lease = FakeLease(1, {"a"});
  lease.run.settings.protocol = "programs";
  pipeline_.Start();
  pipeline_.Accept(lease);
  const ShardFailure failure = Failure(reports_.Wait(1).at(0));
  EXPECT_EQ(failure.message, "no namespaces here");
  EXPECT_TRUE(failure.fatal_for_run);
  EXPECT_TRUE(runner_.programs().empty());
}

TEST_F(EvaluationPipelineTest, ComputesShardsOfOneModelWithOneLoad) {
  pipeline_.Start();
  pipeline_.Accept(FakeLease(1, {"a", "b"}));
  pipeline_.Accept(FakeLease(2, {"c"}));
  const std::vector<ShardReport> reports = reports_.Wait(2);
  EXPECT_THAT(Shards(reports), ElementsAre(1, 2));
  EXPECT_EQ(PredictionCount(reports[0]), 2u);
  EXPECT_EQ(PredictionCount(reports[1]), 1u);
  EXPECT_THAT(world_.events(), ElementsAre("load m/float32"));
}

TEST_F(EvaluationPipelineTest, ModelsTakeTurnsInOrderOfArrivalAndNeverShareTheMemory) {
  Lease other_precision = FakeLease(4, {"d"}, "n");
  other_precision.run.settings.precision = Precision::kBFloat16;
  for (Lease lease : {FakeLease(1, {"a"}, "m"), FakeLease(2, {"b"}, "n"), FakeLease(3, {"c"}, "m"),
                      other_precision}) {
    pipeline_.Accept(std::move(lease));
  }
  pipeline_.Start();
  EXPECT_THAT(Shards(reports_.Wait(4)), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(world_.events(),
              ElementsAre("load m/float32", "drop m/float32", "load n/float32", "drop n/float32",
                          "load m/float32", "drop m/float32", "load n/bfloat16"));
  pipeline_.Stop();
  EXPECT_EQ(world_.events().back(), "drop n/bfloat16");
}

TEST_F(EvaluationPipelineTest, PrefersTheModelOfTheNewestLeaseThenTheLoadedOne) {
  EXPECT_EQ(pipeline_.PreferredModel(), std::nullopt);
  const Lease m = FakeLease(1, {"a"}, "m");
  const Lease n = FakeLease(2, {"b"}, "n");
  pipeline_.Accept(m);
  EXPECT_EQ(pipeline_.PreferredModel(), KeyOf(m));
  pipeline_.Accept(n);
  EXPECT_EQ(pipeline_.PreferredModel(), KeyOf(n));
  pipeline_.Start();
  reports_.Wait(2);
  EXPECT_EQ(pipeline_.PreferredModel(), KeyOf(n));
}

TEST_F(EvaluationPipelineTest, NextShardJoinsTheEngineWhileOneIsUnderWay) {
  world_.SetGate(false);
  pipeline_.Start();
  pipeline_.Accept(FakeLease(1, {"a", "b"}));
  world_.WaitUntilAtGate();
  // Prepared and submitted although shard 1 is not done: a failure of the step would take both.
  pipeline_.Accept(FakeLease(2, {"c"}));
  pipeline_.Accept(FakeLease(3, {"d"}));
  WaitForPreparations(3);
  world_.FailNextStep(absl::OkStatus());  // the step at the gate: a
  world_.FailNextStep(absl::InternalError("broken"));
  world_.SetGate(true);
  const std::vector<ShardReport> reports = reports_.Wait(2);
  EXPECT_EQ(Failure(reports[0]).message, "broken");
  EXPECT_EQ(Failure(reports[1]).message, "broken");
}

TEST_F(EvaluationPipelineTest, NoMoreShardsThanToldAreInTheEngine) {
  world_.SetGate(false);
  pipeline_.Start();
  for (int64_t n = 1; n <= 4; ++n) pipeline_.Accept(FakeLease(n, {"a", "b"}));
  world_.WaitUntilAtGate();
  WaitForPreparations(4);
  world_.FailNextStep(absl::OkStatus());  // the step at the gate: the third shard could join now
  world_.FailNextStep(absl::InternalError("broken"));
  world_.SetGate(true);
  const std::vector<ShardReport> reports = reports_.Wait(3);
  EXPECT_EQ(Failure(reports[0]).message, "broken");
  EXPECT_EQ(Failure(reports[1]).message, "broken");
  EXPECT_EQ(PredictionCount(reports[2]), 2u);
}

TEST_F(EvaluationPipelineTest, ShardIsNotOvertakenForEver) {
  loader_.newest_first = true;  // the engine always prefers what came last
  world_.SetGate(false);
  pipeline_.Accept(FakeLease(1, {"a", "b"}));
  pipeline_.Start();
  world_.WaitUntilAtGate();
  for (int64_t n = 2; n <= 30; ++n) pipeline_.Accept(FakeLease(n, {"c"}));
  WaitForPreparations(30);
  world_.SetGate(true);
  const std::vector<int64_t> order = Shards(reports_.Wait(30));
  const auto place = std::find(order.begin(), order.end(), 1) - order.begin();
  EXPECT_GE(place, 1) << "it was not overtaken at all, so this shows nothing";
  EXPECT_LE(place, 10);
}

TEST_F(EvaluationPipelineTest, UnreadableModelIsFatalForTheRunAndTriedOnceForAllItsShards) {
  loader_.errors["m"] = absl::FailedPreconditionError("its digest has changed");
  pipeline_.Accept(FakeLease(1, {"a"}, "m"));
  pipeline_.Accept(FakeLease(2, {"b"}, "n"));
  pipeline_.Accept(FakeLease(3, {"c"}, "m"));
  pipeline_.Start();
  const std::vector<ShardReport> reports = reports_.Wait(3);
  EXPECT_THAT(Shards(reports), ElementsAre(1, 3, 2));
  EXPECT_TRUE(Failure(reports[0]).fatal_for_run);
  EXPECT_THAT(Failure(reports[0]).message, HasSubstr("its digest has changed"));
  EXPECT_TRUE(Failure(reports[1]).fatal_for_run);
  EXPECT_EQ(PredictionCount(reports[2]), 1u);
  EXPECT_EQ(world_.CountEvents("cannot load m"), 1);
}

TEST_F(EvaluationPipelineTest, LackOfMemoryIsNotFatalForTheRun) {
  loader_.errors["m"] = absl::ResourceExhaustedError("needs 14 GB");
  pipeline_.Accept(FakeLease(1, {"a"}));
  pipeline_.Start();
  EXPECT_FALSE(Failure(reports_.Wait(1)[0]).fatal_for_run);
}

TEST_F(EvaluationPipelineTest, ProtocolThatTheWorkerLacksIsFatalForTheRun) {
  Lease lease = FakeLease(1, {"a"});
  lease.run.settings.protocol_version = 9;
  pipeline_.Accept(std::move(lease));
  pipeline_.Start();
  EXPECT_TRUE(Failure(reports_.Wait(1)[0]).fatal_for_run);
}

TEST_F(EvaluationPipelineTest, ItemThatCannotBeTokenizedFailsItsShardAlone) {
  pipeline_.Accept(FakeLease(1, {"a", "#"}));
  pipeline_.Accept(FakeLease(2, {"b"}));
  pipeline_.Start();
  const std::vector<ShardReport> reports = reports_.Wait(2);
  EXPECT_THAT(Shards(reports), ElementsAre(1, 2));
  EXPECT_FALSE(Failure(reports[0]).fatal_for_run);
  EXPECT_THAT(Failure(reports[0]).message, HasSubstr("item 1/1"));
  EXPECT_EQ(PredictionCount(reports[1]), 1u);
}

TEST_F(EvaluationPipelineTest, FailedStepDoesNotEndTheModel) {
  world_.FailNextStep(absl::InternalError("broken"));
  pipeline_.Start();
  pipeline_.Accept(FakeLease(1, {"a"}));
  reports_.Wait(1);
  pipeline_.Accept(FakeLease(2, {"b"}));
  EXPECT_EQ(PredictionCount(reports_.Wait(2)[1]), 1u);
  EXPECT_THAT(world_.events(), ElementsAre("load m/float32", "cancel", "reset"));
}

TEST_F(EvaluationPipelineTest, ModelWhoseEngineCannotBeMadeAnewIsLoadedAgain) {
  loader_.reset_status = absl::ResourceExhaustedError("no memory");
  world_.FailNextStep(absl::InternalError("broken"));
  pipeline_.Start();
  pipeline_.Accept(FakeLease(1, {"a"}));
  reports_.Wait(1);
  pipeline_.Accept(FakeLease(2, {"b"}));
  EXPECT_EQ(PredictionCount(reports_.Wait(2)[1]), 1u);
  EXPECT_THAT(world_.events(),
              ElementsAre("load m/float32", "cancel", "reset", "drop m/float32", "load m/float32"));
}

TEST_F(EvaluationPipelineTest, CancelledShardIsDroppedWhereverItIs) {
  world_.SetGate(false);
  pipeline_.Start();
  pipeline_.Accept(FakeLease(1, {"a", "b", "c"}));
  world_.WaitUntilAtGate();
  pipeline_.Accept(FakeLease(2, {"d"}, "n"));  // waits for its model
  pipeline_.Accept(FakeLease(3, {"e"}));
  pipeline_.Cancel(FakeLease(1, {}).key);
  pipeline_.Cancel(FakeLease(2, {}).key);
  pipeline_.Cancel(FakeLease(9, {}).key);
  world_.SetGate(true);
  EXPECT_THAT(Shards(reports_.Wait(1)), ElementsAre(3));
  EXPECT_THAT(world_.events(), ElementsAre("load m/float32", "cancel", "cancel"));
}

TEST_F(EvaluationPipelineTest, ReturnsUnfinishedShardsWithoutWaitingForTheEngine) {
  world_.SetGate(false);
  pipeline_.Start();
  pipeline_.Accept(FakeLease(1, {"a"}));
  world_.WaitUntilAtGate();
  pipeline_.Accept(FakeLease(2, {"b"}, "n"));
  pipeline_.ReturnUnfinished();
  pipeline_.Accept(FakeLease(3, {"c"}));
  const std::vector<ShardReport> reports = reports_.Wait(3);
  EXPECT_THAT(Shards(reports), ElementsAre(1, 2, 3));
  for (const ShardReport& report : reports) EXPECT_TRUE(Failure(report).returned);
  // The step under way ends after all, and what it computed is not reported a second time.
  world_.SetGate(true);
  pipeline_.Stop();
  EXPECT_EQ(reports_.Wait(3).size(), 3u);
}

TEST_F(EvaluationPipelineTest, StopIsSafeUnstartedAndTwice) {
  pipeline_.Stop();
  pipeline_.Stop();
  EXPECT_THAT(world_.events(), IsEmpty());
}

}  // namespace
}  // namespace assay
