// The worker as a whole, but for the model, against a coordinator over a real connection.
#include "worker/session/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/unit/worker/session/fake_coordinator.h"
#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

class WorkerTest : public testing::Test {
 protected:
  void SetUp() override {
    SessionOptions options;
    options.state.worker = {"w-1", "host", "1", "cpu", 2, {}};
    options.state.shards_in_flight = 2;
    options.state.resend_delay = absl::Milliseconds(20);
    options.first_retry = absl::Milliseconds(10);
    options.longest_retry = absl::Milliseconds(50);
    options.welcome_timeout = absl::Milliseconds(300);
    options.close_timeout = absl::Seconds(1);
    worker_ = std::make_unique<Worker>(MakeChannels(coordinator_.address()), options, &loader_,
                                       &programs_, /*programs_at_once=*/2, FindFakeBenchmark,
                                       Clock::Real(), [] { return 0.5; });
  }
  void TearDown() override {
    world_.SetGate(true);
    worker_.reset();
  }

  static std::vector<const v1::ShardResult*> Results(
      const std::vector<v1::WorkerMessage>& messages) {
    std::vector<const v1::ShardResult*> results;
    for (const v1::WorkerMessage& message : messages) {
      if (message.has_result()) results.push_back(&message.result());
    }
    return results;
  }

  FakeWorld world_;
  FakeLoader loader_{&world_};
  FakeCoordinator coordinator_;
  FakeProgramRunner programs_;
  std::unique_ptr<Worker> worker_;
};

TEST_F(WorkerTest, ComputesWhatItIsLeased) {
  coordinator_.SetLeases({FakeLease(1, {"a", "b"}), FakeLease(2, {"c"}), FakeLease(3, {"d"})});
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 3));
  const std::vector<v1::WorkerMessage> received = coordinator_.received();
  EXPECT_EQ(received[0].hello().worker_id(), "w-1");
  EXPECT_EQ(received[1].body_case(), v1::WorkerMessage::kHeartbeat);
  EXPECT_EQ(received[2].lease_request().leases(), 2);
  const auto results = Results(received);
  EXPECT_EQ(results[0]->lease().shard_id(), 1);
  ASSERT_EQ(results[0]->predictions_size(), 2);
  EXPECT_EQ(results[0]->predictions(1).prompt(), "b:");
  EXPECT_EQ(results[0]->predictions(1).output(), "ok");
}

TEST_F(WorkerTest, WaitsForACoordinatorThatIsNotThereYet) {
  coordinator_.Kill();
  worker_->Start();
  absl::SleepFor(absl::Milliseconds(100));
  coordinator_.SetLeases({FakeLease(1, {"a"})});
  coordinator_.Start();
  EXPECT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 1));
}

TEST_F(WorkerTest, GoesOnWorkingWithoutACoordinatorAndReportsToTheNext) {
  world_.SetGate(false);
  coordinator_.SetLeases({FakeLease(1, {"a"})});
  worker_->Start();
  world_.WaitUntilAtGate();
  coordinator_.Kill();
  world_.SetGate(true);
  coordinator_.Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 1));
  const auto received = coordinator_.received();
  EXPECT_EQ(FakeCoordinator::Count(received, v1::WorkerMessage::kHello), 2);
  EXPECT_EQ(world_.CountEvents("load m/float32"), 1);
}

TEST_F(WorkerTest, SendsAReportAgainThatWasNotAcknowledgedBeforeTheStreamBroke) {
  coordinator_.BreakAtNextReport();
  coordinator_.SetLeases({FakeLease(1, {"a"})});
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 2));
  const auto received = coordinator_.received();
  const auto results = Results(received);
  EXPECT_EQ(results[0]->SerializeAsString(), results[1]->SerializeAsString());
}

TEST_F(WorkerTest, SendsAReportAgainWhenToldToRetryAndRenewsItsLeaseMeanwhile) {
  coordinator_.SetOutcomes(std::vector<v1::CommitOutcome>(10, v1::COMMIT_OUTCOME_RETRY));
  coordinator_.SetLeases({FakeLease(1, {"a"})});
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 11));
  EXPECT_TRUE(coordinator_.WaitFor([](const auto& messages) {
    int renewals = 0;
    for (const auto& message : messages) renewals += message.heartbeat().leases_size();
    return renewals > 0;
  }));
  // Accepted in the end, so a stop has nothing to wait for.
  const absl::Time begin = absl::Now();
  worker_->Stop(absl::Seconds(15));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
}

TEST_F(WorkerTest, GoesToTheNextCoordinatorWhenOneIsClosingAndKeepsItsLeases) {
  FakeCoordinator other;
  SessionOptions options;
  options.state.worker = {"w-2", "host", "1", "cpu", 2, {}};
  options.first_retry = absl::Seconds(30);  // it does not wait when there is another
  options.longest_retry = absl::Seconds(30);
  // The first of the two to begin with.
  worker_ = std::make_unique<Worker>(
      MakeChannels(coordinator_.address() + "," + other.address()), options, &loader_, &programs_,
      /*programs_at_once=*/2, FindFakeBenchmark, Clock::Real(), [] { return 0.0; });
  world_.SetGate(false);
  coordinator_.SetLeases({FakeLease(1, {"a"})});
  worker_->Start();
  world_.WaitUntilAtGate();
  v1::CoordinatorMessage closing;
  closing.mutable_closing();
  coordinator_.Send(closing);
  ASSERT_TRUE(other.WaitFor([](const auto& messages) {
    return !messages.empty() && messages.back().has_lease_request();
  }));
  EXPECT_TRUE(other.WaitFor([](const auto& messages) {
    for (const auto& message : messages) {
      if (message.heartbeat().leases_size() == 1) return true;
    }
    return false;
  }));
  world_.SetGate(true);
  EXPECT_TRUE(other.WaitForCount(v1::WorkerMessage::kResult, 1));
  EXPECT_EQ(FakeCoordinator::Count(coordinator_.received(), v1::WorkerMessage::kResult), 0);
}

TEST_F(WorkerTest, GoesToTheNextCoordinatorWhenOneIsGone) {
  FakeCoordinator other;
  coordinator_.Kill();
  SessionOptions options;
  options.state.worker = {"w-2", "host", "1", "cpu", 2, {}};
  worker_ = std::make_unique<Worker>(
      MakeChannels(coordinator_.address() + "," + other.address()), options, &loader_, &programs_,
      /*programs_at_once=*/2, FindFakeBenchmark, Clock::Real(), [] { return 0.0; });
  other.SetLeases({FakeLease(1, {"a"})});
  worker_->Start();
  EXPECT_TRUE(other.WaitForCount(v1::WorkerMessage::kResult, 1));
}

TEST_F(WorkerTest, StaleReportIsDropped) {
  coordinator_.SetOutcomes({v1::COMMIT_OUTCOME_STALE});
  coordinator_.SetLeases({FakeLease(1, {"a"}), FakeLease(2, {"b"})});
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 2));
  worker_->Stop(absl::Seconds(15));
  const auto received = coordinator_.received();
  EXPECT_EQ(Results(received).size(), 2u);
}

TEST_F(WorkerTest, RevokedShardIsCancelledAndItsPlaceTakenByAnother) {
  world_.SetGate(false);
  coordinator_.SetLeases({FakeLease(1, {"a", "b"}), FakeLease(2, {"c", "d"}), FakeLease(3, {"e"})});
  worker_->Start();
  world_.WaitUntilAtGate();
  coordinator_.Revoke(FakeLease(1, {}).key);
  // Although the engine is still in its step.
  ASSERT_TRUE(coordinator_.WaitFor([](const auto& messages) {
    const v1::Heartbeat& last = messages.back().heartbeat();
    return last.leases_size() == 2 && last.leases(0).shard_id() == 2 &&
           last.leases(1).shard_id() == 3;
  }));
  world_.SetGate(true);
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 2));
  const auto received = coordinator_.received();
  EXPECT_EQ(Results(received)[0]->lease().shard_id(), 2);
  EXPECT_EQ(Results(received)[1]->lease().shard_id(), 3);
}

TEST_F(WorkerTest, StopReturnsUnfinishedShardsAndEndsTheStream) {
  world_.SetGate(false);
  coordinator_.SetLeases({FakeLease(1, {"a"}), FakeLease(2, {"b"})});
  worker_->Start();
  world_.WaitUntilAtGate();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kLeaseRequest, 1));
  std::thread open_later([this] {
    EXPECT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kFailure, 2));
    world_.SetGate(true);
  });
  worker_->Stop(absl::Seconds(15));
  open_later.join();
  int returned = 0;
  for (const v1::WorkerMessage& message : coordinator_.received()) {
    EXPECT_FALSE(message.has_result());
    returned += message.failure().returned();
  }
  EXPECT_EQ(returned, 2);
  worker_->Stop(absl::Seconds(15));
}

TEST_F(WorkerTest, StopWaitsNoLongerThanItsGrace) {
  coordinator_.SetOutcomes(std::vector<v1::CommitOutcome>(1000, v1::COMMIT_OUTCOME_RETRY));
  coordinator_.SetLeases({FakeLease(1, {"a"})});
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 1));
  const absl::Time begin = absl::Now();
  worker_->Stop(absl::Milliseconds(200));
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(200));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
}

TEST_F(WorkerTest, GivesUpAStreamOnWhichItIsNotWelcomed) {
  coordinator_.SetSilent(true);
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kHello, 2));
  coordinator_.SetSilent(false);
  coordinator_.SetLeases({FakeLease(1, {"a"})});
  EXPECT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 1));
}

TEST_F(WorkerTest, LeaseThatCannotBeReadIsReportedAsAFailure) {
  Lease lease = FakeLease(1, {"a"});
  lease.model.context_length = 0;
  coordinator_.SetLeases({lease});
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kFailure, 1));
  for (const v1::WorkerMessage& message : coordinator_.received()) {
    if (!message.has_failure()) continue;
    EXPECT_EQ(message.failure().lease().lease_id(), 101);
    EXPECT_THAT(message.failure().message(), HasSubstr("ModelSpec.context_length"));
    EXPECT_FALSE(message.failure().fatal_for_run());
  }
}

TEST_F(WorkerTest, StopWithoutStartReturnsAtOnce) { worker_->Stop(absl::Hours(1)); }

TEST_F(WorkerTest, ReportsThePredictionsWithTheirPrograms) {
  Lease lease = FakeLease(1, {"a", "b"});
  lease.run.settings.protocol = "programs";
  coordinator_.SetLeases({lease});
  worker_->Start();
  ASSERT_TRUE(coordinator_.WaitForCount(v1::WorkerMessage::kResult, 1));
  const std::vector<v1::WorkerMessage> received = coordinator_.received();
  const auto results = Results(received);
  ASSERT_EQ(results[0]->predictions_size(), 2);
  EXPECT_EQ(results[0]->predictions(1).output(), "ok");
  EXPECT_EQ(results[0]->predictions(1).program_outcome(), kProgramPassed);
}

}  // namespace
}  // namespace assay
