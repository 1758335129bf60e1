#include "worker/remote/endpoint_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "tests/unit/worker/remote/fakes.h"

namespace assay {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

constexpr char kKey[] = "sk-very-secret";

class EndpointClientTest : public ::testing::Test {
 protected:
  // With random 1, a wait is as long as it may be.
  EndpointClient Client(const ModelSpec& model = ARemoteModel()) {
    return EndpointClient(model, kKey, options_, &transport_, &clock_, clock_.Wait(),
                          [] { return 1.0; });
  }
  // Takes any body but "half" and "bad".
  absl::Status Ask(EndpointClient& client) {
    const auto read = [this](absl::string_view body) -> absl::Status {
      if (body == "half") return absl::DataLossError("half an answer");
      if (body == "bad") return absl::InvalidArgumentError(absl::StrCat("bad: ", kKey));
      taken_ = std::string(body);
      return absl::OkStatus();
    };
    return client.Ask("/chat/completions", "{}", 10, read, &time_, cancellation_);
  }

  EndpointOptions options_;
  TestClock clock_;
  FakeTransport transport_;
  Cancellation cancellation_;
  ItemTime time_;
  std::string taken_;
};

TEST_F(EndpointClientTest, AsksWithTheKeyAndATimeOut) {
  transport_.Queue(Respond(200, "fine"));
  EndpointClient client = Client();
  EXPECT_TRUE(Ask(client).ok());
  EXPECT_EQ(taken_, "fine");
  ASSERT_EQ(transport_.requests().size(), 1u);
  const HttpRequest request = transport_.requests()[0];
  EXPECT_EQ(request.url, "http://endpoint/v1/chat/completions");
  EXPECT_EQ(request.bearer, kKey);
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.timeout, options_.request_time);
}

TEST_F(EndpointClientTest, WhatPassesIsTriedAgainWithGrowingWaits) {
  transport_.Queue(Respond(500, "oops"));
  transport_.Queue(absl::UnavailableError("Recv failure: Connection reset by peer"));
  transport_.Queue(Respond(200, "half"));
  transport_.Queue(absl::DeadlineExceededError("Operation timed out"));
  transport_.Queue(Respond(200, "fine"));
  EndpointClient client = Client();
  EXPECT_TRUE(Ask(client).ok());
  EXPECT_EQ(taken_, "fine");
  EXPECT_THAT(clock_.waits(),
              ElementsAre(absl::Seconds(1), absl::Seconds(2), absl::Seconds(4), absl::Seconds(8)));
}

TEST_F(EndpointClientTest, RetryAfterIsHonoured) {
  transport_.Queue(Respond(429, "slow down", "30"));
  transport_.Queue(Respond(200, "fine"));
  EndpointClient client = Client();
  EXPECT_TRUE(Ask(client).ok());
  EXPECT_THAT(clock_.waits(), ElementsAre(absl::Seconds(30)));
}

TEST_F(EndpointClientTest, APauseThatOneIsAskedForHoldsTheNextUp) {
  options_.item_time = absl::Seconds(20);
  EndpointClient client = Client();
  transport_.Queue(Respond(429, "slow down", "30"));
  EXPECT_EQ(Ask(client).code(), absl::StatusCode::kDeadlineExceeded);  // it would take too long
  EXPECT_TRUE(clock_.waits().empty());
  time_ = ItemTime();
  transport_.Queue(Respond(200, "fine"));
  EXPECT_TRUE(Ask(client).ok());
  EXPECT_THAT(clock_.waits(), ElementsAre(absl::Seconds(30)));
}

TEST_F(EndpointClientTest, AnItemsTimeIsLimited) {
  transport_.Queue(Respond(500, "first"));
  transport_.otherwise = [](const HttpRequest&, const Cancellation&) {
    return Respond(503, R"({"error": {"message": "still loading"}})");
  };
  EndpointClient client = Client();
  const absl::Time begin = clock_.Now();
  const absl::Status status = Ask(client);
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("within 10m"), HasSubstr("HTTP 503: still loading"),
                                      HasSubstr("tries")));
  EXPECT_LE(clock_.Now() - begin, absl::Minutes(10));
  EXPECT_GE(clock_.Now() - begin, absl::Minutes(8));
  EXPECT_THAT(clock_.waits(), Each(Le(absl::Seconds(60))));
}

TEST_F(EndpointClientTest, WaitingForOnesTurnDoesNotCount) {
  ModelSpec model = ARemoteModel();
  model.remote->requests_per_minute = 1;
  options_.item_time = absl::Seconds(30);
  EndpointClient client = Client(model);
  for (int i = 0; i < 3; ++i) {
    transport_.Queue(Respond(200, "fine"));
    time_ = ItemTime();
    EXPECT_TRUE(Ask(client).ok());
  }
  EXPECT_THAT(clock_.waits(), ElementsAre(Ge(absl::Seconds(59)), Ge(absl::Seconds(59))));
}

TEST_F(EndpointClientTest, ARefusedRequestIsNotRepeated) {
  transport_.Queue(Respond(400, R"({"error": {"message": "context length exceeded"}})"));
  EndpointClient client = Client();
  const absl::Status status = Ask(client);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("HTTP 400: context length exceeded"));
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(EndpointClientTest, AWrongKeyOrModelIsFatalInTheEndpointsWordsWithoutTheKey) {
  transport_.Queue(Respond(401, R"({"error": {"message": "Incorrect API key: sk-very-secret"}})"));
  EndpointClient client = Client();
  absl::Status status = Ask(client);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("does not accept the key"),
                                      HasSubstr("Incorrect API key: [key]"), Not(HasSubstr(kKey))));
  transport_.Queue(Respond(404, R"({"error": {"message": "The model does not exist"}})"));
  status = Ask(client);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("gpt-x"), HasSubstr("The model does not exist")));
  EXPECT_EQ(transport_.requests().size(), 2u);
}

TEST_F(EndpointClientTest, AnEndpointThatNeverAnswersFailsTheRun) {
  EndpointClient client = Client();
  const absl::Status status = Ask(client);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("http://endpoint/v1 has not answered"), HasSubstr("refused")));
}

TEST_F(EndpointClientTest, OneThatAnsweredBeforeDoesNot) {
  transport_.Queue(Respond(200, "fine"));
  EndpointClient client = Client();
  EXPECT_TRUE(Ask(client).ok());
  time_ = ItemTime();
  EXPECT_EQ(Ask(client).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(EndpointClientTest, WhatTheReaderRefusesIsFinalAndRedacted) {
  transport_.Queue(Respond(200, "bad"));
  EndpointClient client = Client();
  const absl::Status status = Ask(client);
  EXPECT_EQ(status, absl::InvalidArgumentError("bad: [key]"));
}

TEST_F(EndpointClientTest, TooLargeAnAnswerIsNotAskedForAgain) {
  transport_.Queue(absl::ResourceExhaustedError("the answer is larger than 5 bytes"));
  EndpointClient client = Client();
  EXPECT_EQ(Ask(client).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(transport_.requests().size(), 1u);
}

TEST_F(EndpointClientTest, CalledOff) {
  EndpointClient client = Client();
  transport_.otherwise = [this](const HttpRequest&, const Cancellation&) {
    cancellation_.Cancel();
    return absl::UnavailableError("broken");
  };
  EXPECT_EQ(Ask(client).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(Ask(client).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(transport_.requests().size(), 1u);
}

}  // namespace
}  // namespace assay
