#include "coordinator/service/worker_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "tests/unit/coordinator/service/server_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using WorkerServiceTest = ServerTest;

TEST_F(WorkerServiceTest, AWorkerRunsAJobToItsEnd) {
  WorkerStream worker(channel_);
  worker.Hello();
  EXPECT_EQ(worker.Next().welcome().lease_seconds(), 30);
  const int64_t job = SubmitByRpc(7);
  worker.Request(2);
  const v1::CoordinatorMessage first = worker.Next(), second = worker.Next();
  ASSERT_TRUE(first.has_grant());
  ASSERT_TRUE(second.has_grant());
  EXPECT_EQ(first.grant().items_size(), 7);
  for (const auto* message : {&first, &second, &second}) worker.Report(message->grant());
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_DUPLICATE);
  EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kCompleted);
  EXPECT_TRUE(worker.Finish().ok());
}

TEST_F(WorkerServiceTest, AWaitingWorkerGetsWorkAsSoonAsItIsSubmitted) {
  WorkerStream worker(channel_);
  worker.Hello();
  worker.Next();
  worker.Request(1);
  absl::SleepFor(absl::Seconds(1));  // the pauses between looks have grown
  const absl::Time before = absl::Now();
  SubmitByRpc(14);
  EXPECT_TRUE(worker.Next().has_grant());
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
}

TEST_F(WorkerServiceTest, AReconnectedWorkerReportsWhatItWasGrantedBefore) {
  SubmitByRpc(14);
  v1::LeaseGrant grant;
  {
    WorkerStream worker(channel_);
    worker.Hello();
    worker.Next();
    worker.Request(1);
    grant = worker.Next().grant();
  }
  WorkerStream again(channel_);
  again.Hello();
  again.Next();
  again.Report(grant);
  EXPECT_EQ(again.Next().ack().outcome(), v1::COMMIT_OUTCOME_ACCEPTED);
}

TEST_F(WorkerServiceTest, ACancelledJobsLeaseIsRevoked) {
  const int64_t job = SubmitByRpc(14);
  WorkerStream worker(channel_);
  worker.Hello();
  worker.Next();
  worker.Request(1);
  const v1::LeaseGrant grant = worker.Next().grant();
  ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  v1::WorkerMessage heartbeat;
  *heartbeat.mutable_heartbeat()->add_leases() = grant.lease();
  worker.Send(heartbeat);
  EXPECT_EQ(worker.Next().revoked().lease().lease_id(), grant.lease().lease_id());
  worker.Report(grant);
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_STALE);
}

TEST_F(WorkerServiceTest, FailuresAreAcknowledged) {
  SubmitByRpc(14);
  WorkerStream worker(channel_);
  worker.Hello();
  worker.Next();
  worker.Request(1);
  const v1::LeaseGrant grant = worker.Next().grant();
  v1::WorkerMessage failure;
  *failure.mutable_failure()->mutable_lease() = grant.lease();
  failure.mutable_failure()->set_message("cannot");
  worker.Send(failure);
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_ACCEPTED);
  worker.Request(1);
  EXPECT_EQ(worker.Next().grant().items_size(), 7);
}

TEST_F(WorkerServiceTest, AReportThatDoesNotFitIsInvalid) {
  SubmitByRpc(14);
  WorkerStream worker(channel_);
  worker.Hello();
  worker.Next();
  worker.Request(1);
  v1::LeaseGrant grant = worker.Next().grant();
  grant.mutable_items()->RemoveLast();
  worker.Report(grant);
  const v1::CommitAck ack = worker.Next().ack();
  EXPECT_EQ(ack.outcome(), v1::COMMIT_OUTCOME_INVALID);
  EXPECT_THAT(ack.message(), HasSubstr("has no prediction"));
}

TEST_F(WorkerServiceTest, WhileTheDatabaseIsAwayTheWorkerIsToldToSendAgain) {
  const int64_t job = SubmitByRpc(14);
  WorkerStream worker(channel_);
  worker.Hello();
  worker.Next();
  worker.Request(1);
  const v1::LeaseGrant grant = worker.Next().grant();
  PostgresServer::Shared().Crash();
  worker.Report(grant);
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_RETRY);
  PostgresServer::Shared().Start();
  worker.Report(grant);
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kCompleted);
}

TEST_F(WorkerServiceTest, RefusesAnotherEngineAndAStreamWithoutHello) {
  for (const char* engine_version : {"other", "other/avx2", "1", "11/avx2"}) {
    WorkerInfo other = SampleWorker();
    other.engine_version = engine_version;
    WorkerStream engine(channel_);
    engine.Hello(other);
    EXPECT_EQ(engine.Finish().error_code(), grpc::StatusCode::FAILED_PRECONDITION)
        << engine_version;
  }
  WorkerStream rude(channel_);
  rude.Request(1);
  EXPECT_EQ(rude.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WorkerServiceTest, WorkersOfAnyKernelsAreWelcomeAndGoOnWithRunsOfTheirKindOnly) {
  const int64_t job = SubmitByRpc(7);
  WorkerStream first(channel_), other(channel_), same(channel_);
  first.Hello(SampleWorker("first", "amx"));
  other.Hello(SampleWorker("other", "avx512"));
  same.Hello(SampleWorker("same", "amx"));
  for (WorkerStream* worker : {&first, &other, &same}) EXPECT_TRUE(worker->Next().has_welcome());
  first.Request(1);
  EXPECT_TRUE(first.Next().has_grant());
  EXPECT_EQ(Run(job).engine, SampleWorker("first", "amx").engine_version);
  other.Request(1);
  absl::SleepFor(absl::Milliseconds(200));  // time enough to be granted what it must not get
  same.Request(1);
  EXPECT_TRUE(same.Next().has_grant());
  const int64_t next_job = SubmitByRpc(14);
  EXPECT_EQ(other.Next().grant().run().job_id(), next_job);
}

TEST_F(WorkerServiceTest, AGrantThatReachesAWorkerWhichHasEndedIsTakenBack) {
  SubmitByRpc(7);
  {
    WorkerStream worker(channel_);
    worker.Hello();
    worker.Next();
    worker.Request(2);
    const v1::LeaseGrant known = worker.Next().grant();
    v1::WorkerMessage heartbeat;
    *heartbeat.mutable_heartbeat()->add_leases() = known.lease();
    worker.Send(heartbeat);
    EXPECT_TRUE(worker.Next().has_grant());
    EXPECT_TRUE(worker.Finish().ok());
  }
  // The one that it has named stays its own: it may come back.
  EXPECT_EQ(Query("SELECT string_agg(state, ' ' ORDER BY first_ordinal) FROM shards"),
            "leased pending");
  EXPECT_EQ(Query("SELECT max(failures) FROM shards"), "0");
}

TEST_F(WorkerServiceTest, StoppingTheServerEndsTheStreamOfAWorkerThatStays) {
  WorkerStream worker(channel_);
  worker.Hello();
  worker.Next();
  worker.Request(1);
  std::thread stop([this] { server_->Stop(); });
  EXPECT_TRUE(worker.Next().has_closing());
  EXPECT_EQ(worker.Next().body_case(), v1::CoordinatorMessage::BODY_NOT_SET);
  EXPECT_FALSE(worker.Finish().ok());
  stop.join();
  server_->Stop();
}

TEST_F(WorkerServiceTest, AStoppingServerAnswersWhatItWasSentAndGrantsNothing) {
  const int64_t job = SubmitByRpc(7);
  WorkerStream worker(channel_);
  worker.Hello();
  worker.Next();
  worker.Request(1);
  const v1::LeaseGrant grant = worker.Next().grant();
  const absl::Time begin = absl::Now();
  std::thread stop([this] { server_->Stop(); });
  EXPECT_TRUE(worker.Next().has_closing());
  worker.Request(1);
  worker.Report(grant);
  EXPECT_EQ(worker.Next().ack().outcome(), v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_TRUE(worker.Finish().ok());
  stop.join();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2));
  EXPECT_EQ(Run(job).items_done, 7);
}

}  // namespace
}  // namespace assay
