#include "worker/session/session_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rpc/convert.h"
#include "common/rpc/limits.h"
#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

using MessagePtr = std::shared_ptr<const v1::WorkerMessage>;

class SessionStateTest : public testing::Test {
 protected:
  explicit SessionStateTest(const SessionState::Options& options = MakeOptions())
      : state_(options) {}

  static SessionState::Options MakeOptions() {
    SessionState::Options options;
    options.worker = {"w-1", "host", "1", "cpu", 2, {}};
    options.shards_in_flight = 2;
    return options;
  }
  static LeaseKey Key(int64_t n) { return FakeLease(n, {}).key; }
  static ShardReport Result(int64_t n, const std::string& prompt = "p") {
    Prediction prediction;
    prediction.item_id = "i";
    prediction.prompt = prompt;
    return {Key(n), std::vector<Prediction>{prediction}};
  }

  v1::WorkerMessage Next() {
    MessagePtr message = state_.NextMessage(now_, preferred_);
    return message != nullptr ? *message : v1::WorkerMessage();
  }
  // Opens a stream and takes what is sent up to the first heartbeat.
  void Connect() {
    state_.Opened();
    EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kHello);
    v1::Welcome welcome;
    welcome.set_lease_seconds(30);
    state_.Welcomed(welcome, now_);
    EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kHeartbeat);
  }
  void Acknowledge(int64_t n, v1::CommitOutcome outcome) {
    v1::CommitAck ack;
    *ack.mutable_lease() = ToProto(Key(n));
    ack.set_outcome(outcome);
    state_.Acknowledged(ack, now_);
  }

  absl::Time now_ = absl::UnixEpoch();
  std::optional<ModelKey> preferred_;
  SessionState state_;
};

class RemoteSessionStateTest : public SessionStateTest {
 protected:
  RemoteSessionStateTest() : SessionStateTest(WithRemoteModels()) {}
  static SessionState::Options WithRemoteModels() {
    SessionState::Options options = MakeOptions();
    options.remote_shards_in_flight = 3;
    return options;
  }
};

TEST_F(SessionStateTest, SaysHelloAndThenNothingUntilItIsWelcome) {
  state_.Opened();
  EXPECT_EQ(Next().hello().worker_id(), "w-1");
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
  EXPECT_EQ(state_.NextTime(), absl::InfiniteFuture());
}

TEST_F(RemoteSessionStateTest, CountsLeasesOfRemoteModelsApart) {
  Connect();
  v1::LeaseRequest request = Next().lease_request();
  EXPECT_EQ(request.leases(), 2);
  EXPECT_EQ(request.remote_leases(), 3);
  EXPECT_TRUE(state_.Granted(Key(1), /*remote=*/true));
  EXPECT_TRUE(state_.Granted(Key(2), /*remote=*/true));
  EXPECT_TRUE(state_.Granted(Key(3), /*remote=*/false));
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET) << "all is asked for";
  state_.Reported(Result(1));
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kResult);
  request = Next().lease_request();
  EXPECT_EQ(request.leases(), 1);
  EXPECT_EQ(request.remote_leases(), 2);
  state_.Drain();
  request = Next().lease_request();
  EXPECT_EQ(request.leases(), 0);
  EXPECT_EQ(request.remote_leases(), 0);
}

TEST_F(SessionStateTest, AsksForAsManyLeasesAsItHasRoomFor) {
  Connect();
  EXPECT_EQ(Next().lease_request().leases(), 2);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
  EXPECT_TRUE(state_.Granted(Key(1)));
  EXPECT_TRUE(state_.Granted(Key(2)));
  EXPECT_FALSE(state_.Granted(Key(2))) << "granted twice";
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
  state_.Reported(Result(1));
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kResult);
  EXPECT_EQ(Next().lease_request().leases(), 1);
}

TEST_F(SessionStateTest, AsksForLessWhileItsReportsAreNotAnswered) {
  Connect();
  EXPECT_EQ(Next().lease_request().leases(), 2);
  for (int64_t n = 1; n <= 4; ++n) {
    EXPECT_TRUE(state_.Granted(Key(n)));
    state_.Reported(Result(n));
  }
  int asked_for = 0;
  for (v1::WorkerMessage message = Next(); message.body_case() != v1::WorkerMessage::BODY_NOT_SET;
       message = Next()) {
    if (message.has_lease_request()) asked_for += message.lease_request().leases();
  }
  EXPECT_EQ(asked_for, 0);
  Acknowledge(1, v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_EQ(Next().lease_request().leases(), 1);
  Acknowledge(2, v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_EQ(Next().lease_request().leases(), 2);
}

TEST_F(SessionStateTest, TellsTheCoordinatorWhichModelItPrefers) {
  Connect();
  EXPECT_EQ(Next().lease_request().loaded_weights_sha256(), "");
  state_.Granted(Key(1));
  preferred_ = ModelKey{"digest", "", Precision::kBFloat16};
  const v1::WorkerMessage message = Next();
  EXPECT_EQ(message.lease_request().leases(), 1);
  EXPECT_EQ(message.lease_request().loaded_weights_sha256(), "digest");
  EXPECT_EQ(message.lease_request().loaded_precision(), v1::PRECISION_BFLOAT16);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
}

TEST_F(SessionStateTest, RenewsAllThatItHoldsAThirdOfTheLeaseTimeApart) {
  Connect();
  Next();
  state_.Granted(Key(1));
  state_.Granted(Key(2));
  state_.Reported(Result(2));
  Next();  // sent, but not acknowledged: its lease must live on
  EXPECT_EQ(state_.NextTime(), now_ + absl::Seconds(10));
  now_ += absl::Seconds(9);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kLeaseRequest);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
  now_ += absl::Seconds(1);
  const v1::WorkerMessage heartbeat = Next();
  ASSERT_EQ(heartbeat.heartbeat().leases_size(), 2);
  EXPECT_EQ(heartbeat.heartbeat().leases(0).lease_id(), 101);
  EXPECT_EQ(heartbeat.heartbeat().leases(1).lease_id(), 102);
  EXPECT_EQ(state_.NextTime(), now_ + absl::Seconds(10));
}

TEST_F(SessionStateTest, LeaseTimeThatMakesNoSenseIsLeftAlone) {
  state_.Opened();
  Next();
  v1::Welcome welcome;
  welcome.set_lease_seconds(-5);
  state_.Welcomed(welcome, now_);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kHeartbeat);
  EXPECT_GT(state_.NextTime(), now_ + absl::Seconds(1));
}

TEST_F(SessionStateTest, EveryFinalOutcomeEndsTheLease) {
  Connect();
  Next();
  int64_t n = 0;
  for (const v1::CommitOutcome outcome :
       {v1::COMMIT_OUTCOME_ACCEPTED, v1::COMMIT_OUTCOME_DUPLICATE, v1::COMMIT_OUTCOME_STALE,
        v1::COMMIT_OUTCOME_INVALID, static_cast<v1::CommitOutcome>(99)}) {
    state_.Granted(Key(++n));
    state_.Reported(Result(n));
    EXPECT_FALSE(state_.idle());
    Acknowledge(n, outcome);
    EXPECT_TRUE(state_.idle()) << outcome;
  }
}

TEST_F(SessionStateTest, SendsAgainAfterAMomentWhenToldToRetry) {
  Connect();
  Next();
  state_.Granted(Key(1));
  state_.Reported(Result(1));
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kResult);
  Next();  // asks for a lease in its place
  Acknowledge(1, v1::COMMIT_OUTCOME_RETRY);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
  EXPECT_EQ(state_.NextTime(), now_ + absl::Seconds(1));
  now_ += absl::Seconds(1);
  EXPECT_EQ(Next().result().lease().lease_id(), 101);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
}

TEST_F(SessionStateTest, AnswerToWhatWasNotReportedIsIgnored) {
  Connect();
  Next();
  state_.Granted(Key(1));
  Acknowledge(1, v1::COMMIT_OUTCOME_ACCEPTED);
  Acknowledge(7, v1::COMMIT_OUTCOME_ACCEPTED);
  EXPECT_FALSE(state_.idle());
}

TEST_F(SessionStateTest, NewStreamRepeatsWhatIsNotAcknowledgedAndKeepsTheLeases) {
  Connect();
  Next();
  state_.Granted(Key(1));
  state_.Granted(Key(2));
  state_.Reported(Result(1));
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kResult);
  // The stream breaks before the answer.
  state_.Opened();
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::kHello);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
  state_.Welcomed(v1::Welcome(), now_);
  EXPECT_EQ(Next().heartbeat().leases_size(), 2);
  EXPECT_EQ(Next().result().lease().lease_id(), 101);
  EXPECT_EQ(Next().lease_request().leases(), 1);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
}

TEST_F(SessionStateTest, RevokedLeaseIsForgottenWithItsReport) {
  Connect();
  Next();
  state_.Granted(Key(1));
  state_.Granted(Key(2));
  state_.Reported(Result(1));
  state_.Revoked(Key(1));
  state_.Revoked(Key(2));
  state_.Reported(Result(2));
  EXPECT_TRUE(state_.idle());
  EXPECT_EQ(Next().lease_request().leases(), 2);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
}

TEST_F(SessionStateTest, DrainTakesBackTheRequestAndAsksForNothingMore) {
  Connect();
  EXPECT_EQ(Next().lease_request().leases(), 2);
  state_.Drain();
  const v1::WorkerMessage request = Next();
  ASSERT_EQ(request.body_case(), v1::WorkerMessage::kLeaseRequest);
  EXPECT_EQ(request.lease_request().leases(), 0);
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
  Connect();
  EXPECT_EQ(Next().body_case(), v1::WorkerMessage::BODY_NOT_SET);
}

TEST_F(SessionStateTest, FailureCarriesItsReason) {
  Connect();
  Next();
  state_.Granted(Key(1));
  state_.Granted(Key(2));
  state_.Reported({Key(1), ShardFailure{"file gone", true, false}});
  state_.Reported({Key(2), ShardFailure{"shutting down", false, true}});
  const v1::ShardFailure first = Next().failure();
  EXPECT_EQ(first.lease().lease_id(), 101);
  EXPECT_EQ(first.message(), "file gone");
  EXPECT_TRUE(first.fatal_for_run());
  EXPECT_FALSE(first.returned());
  const v1::ShardFailure second = Next().failure();
  EXPECT_FALSE(second.fatal_for_run());
  EXPECT_TRUE(second.returned());
}

TEST_F(SessionStateTest, ReasonIsAlwaysSendable) {
  Connect();
  Next();
  state_.Granted(Key(1));
  state_.Reported({Key(1), ShardFailure{"bad byte \xFF and \xC3\xA9", false, false}});
  v1::WorkerMessage received;
  const v1::WorkerMessage sent = Next();
  ASSERT_TRUE(received.ParseFromString(sent.SerializeAsString())) << "not UTF-8";
  EXPECT_THAT(received.failure().message(), HasSubstr("bad byte"));

  state_.Granted(Key(2));
  state_.Reported({Key(2), ShardFailure{std::string(1 << 20, 'x'), false, false}});
  EXPECT_LT(Next().ByteSizeLong(), 5000u);
}

TEST_F(SessionStateTest, ResultTooLargeForAMessageIsAFailureThatSplitsTheShard) {
  Connect();
  Next();
  state_.Granted(Key(1));
  state_.Reported(Result(1, std::string(kMaxMessageBytes, 'x')));
  const v1::WorkerMessage message = Next();
  ASSERT_EQ(message.body_case(), v1::WorkerMessage::kFailure);
  EXPECT_THAT(message.failure().message(), HasSubstr("more than a message may have"));
  EXPECT_FALSE(message.failure().fatal_for_run());
}

}  // namespace
}  // namespace assay
