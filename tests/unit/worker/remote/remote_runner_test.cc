#include "worker/remote/remote_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/unit/worker/remote/fakes.h"
#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Json = nlohmann::json;

// What a chat says to the last message, in so many samples as were asked for.
HttpResponse Chat(const HttpRequest& request, int most_samples = 100) {
  const Json asked = Json::parse(request.body);
  const std::string prompt = asked["messages"].back()["content"];
  Json choices = Json::array();
  for (int i = 0; i < std::min(asked.value("n", 1), most_samples); ++i) {
    choices.push_back(
        {{"message", {{"content", absl::StrCat("to ", prompt)}}}, {"finish_reason", "stop"}});
  }
  return Respond(
      200, Json({{"choices", choices},
                 {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 7 * choices.size()}}}})
               .dump());
}

// A token a character; each has the log-probability -1, and a capital letter -10.
HttpResponse Echo(const HttpRequest& request) {
  const std::string text = Json::parse(request.body)["prompt"];
  Json tokens = Json::array(), logprobs = Json::array();
  for (const char c : text + ".") {
    logprobs.push_back(tokens.empty() ? Json() : Json(c >= 'A' && c <= 'Z' ? -10 : -1));
    tokens.push_back(std::string(1, c));
  }
  return Respond(200, Json({{"choices",
                             {{{"text", text + "."},
                               {"finish_reason", "length"},
                               {"logprobs", {{"tokens", tokens}, {"token_logprobs", logprobs}}}}}},
                            {"usage", {{"prompt_tokens", text.size()}, {"completion_tokens", 1}}}})
                          .dump());
}

class RemoteRunnerTest : public ::testing::Test {
 protected:
  RemoteRunnerTest()
      : stage_(&program_runner_, 2, [this](ShardReport report) { Take(std::move(report)); }),
        keys_([](const char*) -> const char* { return nullptr; }) {
    transport_.otherwise = [](const HttpRequest& request, const Cancellation&) {
      return Chat(request);
    };
    stage_.Start();
    program_runner_.Open();
  }
  ~RemoteRunnerTest() override {
    runner_.reset();
    stage_.Stop();
  }

  RemoteRunner& Runner() {
    if (runner_ == nullptr) {
      RemoteParts parts;
      parts.transport = &transport_;
      parts.keys = &keys_;
      parts.clock = &clock_;
      parts.wait = clock_.Wait();
      parts.random = [] { return 1.0; };
      parts.find_benchmark = FindFakeBenchmark;
      runner_ = std::make_unique<RemoteRunner>(
          parts, [this](ShardReport report) { Take(std::move(report)); }, &stage_);
      runner_->Start();
    }
    return *runner_;
  }
  void Take(ShardReport report) {
    absl::MutexLock lock(&mutex_);
    reports_[report.lease.shard_id] = std::move(report);
  }
  ShardReport Report(int64_t shard) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&] { return reports_.count(shard) != 0; };
    mutex_.Await(absl::Condition(&there));
    return reports_[shard];
  }
  std::vector<Prediction> Predictions(int64_t shard) {
    const ShardReport report = Report(shard);
    const auto* failure = std::get_if<ShardFailure>(&report.outcome);
    EXPECT_EQ(failure, nullptr) << (failure == nullptr ? "" : failure->message);
    return failure == nullptr ? std::get<std::vector<Prediction>>(report.outcome)
                              : std::vector<Prediction>();
  }
  ShardFailure Failure(int64_t shard) {
    const ShardReport report = Report(shard);
    EXPECT_TRUE(std::holds_alternative<ShardFailure>(report.outcome));
    return std::get<ShardFailure>(report.outcome);
  }
  static Lease ALease(int64_t shard, const std::vector<std::string>& questions,
                      RemoteApi api = RemoteApi::kChat, const std::string& protocol = "generate") {
    Lease lease = FakeLease(shard, questions);
    lease.model = ARemoteModel(api);
    lease.run.settings.protocol = protocol;
    lease.run.settings.protocol_version = protocol == "generate" || protocol == "programs" ? 1 : 2;
    lease.run.settings.sampling.temperature = 0;
    return lease;
  }

  TestClock clock_;
  FakeTransport transport_;
  FakeProgramRunner program_runner_;
  absl::Mutex mutex_;
  std::map<int64_t, ShardReport> reports_ ABSL_GUARDED_BY(mutex_);
  ProgramStage stage_;
  ApiKeys keys_;
  std::unique_ptr<RemoteRunner> runner_;
};

TEST_F(RemoteRunnerTest, GeneratesForEveryItem) {
  Runner().Accept(ALease(1, {"one", "two", "three"}));
  const std::vector<Prediction> predictions = Predictions(1);
  ASSERT_EQ(predictions.size(), 3u);
  EXPECT_EQ(predictions[1].item_id, "1/1");
  EXPECT_EQ(predictions[1].prompt, "two:");
  EXPECT_EQ(predictions[1].output, "to two:");
  EXPECT_EQ(predictions[1].finish_reason, FinishReason::kStop);
  EXPECT_EQ(predictions[1].prompt_tokens, 100);
  EXPECT_EQ(predictions[1].generated_tokens, 7);
  EXPECT_EQ(predictions[1].prompt_sha256.size(), 64u);
  EXPECT_NE(predictions[1].prompt_sha256, predictions[2].prompt_sha256);
  EXPECT_THAT(predictions[1].output_token_ids, IsEmpty());
  EXPECT_EQ(predictions[1].error, "");
}

TEST_F(RemoteRunnerTest, DropsShotsByEstimatedTokens) {
  Lease lease = ALease(1, {"q"});
  lease.model.characters_per_token = 1;
  for (const char* shot : {"aaaaaa", "bbbbbb", "cccccc"}) {
    lease.shots["g"].push_back(FakeItem(shot, shot));
  }
  Runner().Accept(lease);
  const std::vector<Prediction> predictions = Predictions(1);
  ASSERT_EQ(predictions.size(), 1u);
  EXPECT_EQ(predictions[0].prompt, "aaaaaa=A;bbbbbb=A;q:");  // 20 characters
  EXPECT_EQ(predictions[0].shots_used, 2);
}

TEST_F(RemoteRunnerTest, CutsToAKnownContext) {
  Lease lease = ALease(1, {"a long question"});
  lease.model.characters_per_token = 1;
  lease.model.context_length = 4 + 9;  // the protocol writes four
  Runner().Accept(lease);
  const std::vector<Prediction> predictions = Predictions(1);
  ASSERT_EQ(predictions.size(), 1u);
  EXPECT_TRUE(predictions[0].truncated);
  EXPECT_EQ(predictions[0].prompt, "a long question:");
  EXPECT_EQ(predictions[0].output, "to question:");
}

TEST_F(RemoteRunnerTest, SamplesAreAskedForUntilAllAreThere) {
  transport_.otherwise = [](const HttpRequest& request, const Cancellation&) {
    return Chat(request, /*most_samples=*/2);
  };
  Lease lease = ALease(1, {"one"});
  lease.run.settings.sampling = {.temperature = 0.8, .seed = 5, .samples = 5};
  Runner().Accept(lease);
  const std::vector<Prediction> predictions = Predictions(1);
  ASSERT_EQ(predictions.size(), 5u);
  int64_t prompt_tokens = 0, generated_tokens = 0;
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(predictions[i].sample_index, i);
    EXPECT_EQ(predictions[i].output, "to one:");
    prompt_tokens += predictions[i].prompt_tokens;
    generated_tokens += predictions[i].generated_tokens;
  }
  EXPECT_EQ(prompt_tokens, 300);  // of three requests
  EXPECT_EQ(generated_tokens, 35);
  std::vector<int> seeds, samples;
  for (const HttpRequest& request : transport_.requests()) {
    const Json asked = Json::parse(request.body);
    seeds.push_back(asked["seed"]);
    samples.push_back(asked.value("n", 1));
  }
  EXPECT_THAT(seeds, ElementsAre(5, 7, 9));
  EXPECT_THAT(samples, ElementsAre(5, 3, 1));
}

TEST_F(RemoteRunnerTest, SystemPromptAndTemplates) {
  Lease lease = ALease(1, {"one"});
  lease.run.settings.prompt_template = PromptTemplate::kChat;
  lease.run.settings.system_prompt = "Be short.";
  Runner().Accept(lease);
  EXPECT_THAT(Predictions(1)[0].prompt, HasSubstr("Be short."));
  const Json chat = Json::parse(transport_.requests()[0].body)["messages"];
  EXPECT_EQ(chat, Json::parse(R"([{"role": "system", "content": "Be short."},
                                  {"role": "user", "content": "one:"}])"));

  lease = ALease(2, {"one"});
  lease.run.settings.prompt_template = PromptTemplate::kAlpaca;
  Runner().Accept(lease);
  const std::string prompt = Predictions(2)[0].prompt;
  EXPECT_THAT(prompt, HasSubstr("### Instruction:\none:"));
  EXPECT_EQ(Json::parse(transport_.requests()[1].body)["messages"][0]["content"], prompt);
}

TEST_F(RemoteRunnerTest, ScoresChoices) {
  transport_.otherwise = [](const HttpRequest& request, const Cancellation&) {
    return Echo(request);
  };
  Runner().Accept(ALease(1, {"one"}, RemoteApi::kCompletions, "choices"));
  std::vector<Prediction> predictions = Predictions(1);
  ASSERT_EQ(predictions.size(), 1u);
  EXPECT_THAT(predictions[0].choice_loglikelihoods, ElementsAre(-11, -21));  // " A", " BB"
  EXPECT_EQ(predictions[0].prompt_tokens, 6 + 7);
  EXPECT_EQ(predictions[0].generated_tokens, 2);
  EXPECT_EQ(predictions[0].finish_reason, FinishReason::kNone);

  Runner().Accept(ALease(2, {"one"}, RemoteApi::kCompletions, "both-ways"));
  predictions = Predictions(2);
  ASSERT_EQ(predictions.size(), 1u);
  EXPECT_THAT(predictions[0].choice_loglikelihoods, ElementsAre(-10, -10, -10, -10));
}

TEST_F(RemoteRunnerTest, ChoicesNeedLogProbabilities) {
  for (const auto& [shard, answer] : std::map<int64_t, HttpResponse>{
           {1, Respond(200, R"({"choices": [{"text": "one: A.", "finish_reason": "length"}]})")},
           {2, Respond(400, R"({"error": {"message": "echo is not supported"}})")}}) {
    transport_.otherwise = [answer = answer](const HttpRequest&, const Cancellation&) {
      return answer;
    };
    Runner().Accept(ALease(shard, {"one"}, RemoteApi::kCompletions, "choices"));
    const ShardFailure failure = Failure(shard);
    EXPECT_TRUE(failure.fatal_for_run);
    EXPECT_THAT(failure.message, HasSubstr("this endpoint gives no log-probabilities"));
  }
}

TEST_F(RemoteRunnerTest, AnItemThatIsNotAnsweredIsAnErrorAndTheOthersGoOn) {
  transport_.otherwise = [](const HttpRequest& request,
                            const Cancellation&) -> FakeTransport::Answer {
    if (absl::StrContains(request.body, "two")) return Respond(503, "busy");
    if (absl::StrContains(request.body, "three")) return Respond(400, "too long");
    return Chat(request);
  };
  Lease lease = ALease(1, {"one", "two", "three", "four"});
  lease.model.remote->concurrency = 1;
  Runner().Accept(lease);
  const std::vector<Prediction> predictions = Predictions(1);
  ASSERT_EQ(predictions.size(), 4u);
  EXPECT_EQ(predictions[0].error, "");
  EXPECT_THAT(predictions[1].error, HasSubstr("HTTP 503: busy"));
  EXPECT_EQ(predictions[1].item_id, "1/1");
  EXPECT_EQ(predictions[1].output, "");
  EXPECT_THAT(predictions[2].error, HasSubstr("HTTP 400: too long"));
  EXPECT_EQ(predictions[3].output, "to four:");
}

TEST_F(RemoteRunnerTest, AWrongKeyFailsTheRunAtOnce) {
  transport_.otherwise = [](const HttpRequest& request, const Cancellation&) {
    return absl::StrContains(request.body, "fine")
               ? Chat(request)
               : Respond(401, R"({"error": {"message": "Incorrect API key"}})");
  };
  const std::vector<std::string> questions(20, "one");
  Lease other_run = ALease(3, {"fine", "fine"});
  other_run.run.run_id = 9;
  Runner().Accept(ALease(1, questions));
  Runner().Accept(ALease(2, questions));
  Runner().Accept(other_run);
  const ShardFailure failure = Failure(1);
  EXPECT_TRUE(failure.fatal_for_run);
  EXPECT_THAT(failure.message, HasSubstr("Incorrect API key"));
  EXPECT_TRUE(Failure(2).fatal_for_run);
  EXPECT_EQ(Predictions(3).size(), 2u);
  EXPECT_LE(transport_.requests().size(), 4u + 2u);  // those that were under way
}

TEST_F(RemoteRunnerTest, AKeyThatTheWorkerLacks) {
  Lease lease = ALease(1, {"one"});
  lease.model.remote->key_name = "NOSUCH_API_KEY";
  Runner().Accept(lease);
  const ShardFailure failure = Failure(1);
  EXPECT_TRUE(failure.fatal_for_run);
  EXPECT_THAT(failure.message, HasSubstr("NOSUCH_API_KEY"));
  EXPECT_THAT(transport_.requests(), IsEmpty());
}

TEST_F(RemoteRunnerTest, ModelsThatWantCompletionTokens) {
  transport_.otherwise = [](const HttpRequest& request, const Cancellation&) {
    return absl::StrContains(request.body, "max_completion_tokens")
               ? Chat(request)
               : Respond(400, R"({"error": {"message": "use 'max_completion_tokens' instead"}})");
  };
  Lease lease = ALease(1, {"one", "two"});
  lease.model.remote->concurrency = 1;
  Runner().Accept(lease);
  EXPECT_EQ(Predictions(1)[1].output, "to two:");
  EXPECT_EQ(transport_.requests().size(), 3u);
}

TEST_F(RemoteRunnerTest, ProgramsAreRunBesideAndErrorsHaveNone) {
  transport_.otherwise = [](const HttpRequest& request,
                            const Cancellation&) -> FakeTransport::Answer {
    if (absl::StrContains(request.body, "two")) return Respond(400, "too long");
    return Chat(request);
  };
  Lease lease = ALease(1, {"one", "two"}, RemoteApi::kChat, "programs");
  for (Item& item : lease.items) {
    item.fields.insert(
        {{"prompt", "def f():\n"}, {"test", "def check(f): pass\n"}, {"entry_point", "f"}});
  }
  Runner().Accept(lease);
  const std::vector<Prediction> predictions = Predictions(1);
  ASSERT_EQ(predictions.size(), 2u);
  EXPECT_EQ(predictions[0].program_outcome, kProgramPassed);
  EXPECT_EQ(predictions[1].program_outcome, "");
  EXPECT_EQ(program_runner_.programs().size(), 1u);
}

TEST_F(RemoteRunnerTest, RunsThatThisReleaseDoesNotKnow) {
  Lease lease = ALease(1, {"one"});
  lease.run.settings.protocol_version = 9;
  Runner().Accept(lease);
  EXPECT_TRUE(Failure(1).fatal_for_run);
}

// Requests wait until they are called off.
class HangingTest : public RemoteRunnerTest {
 protected:
  HangingTest() {
    transport_.otherwise = [](const HttpRequest&,
                              const Cancellation& cancellation) -> FakeTransport::Answer {
      cancellation.Wait(absl::InfiniteDuration());
      return absl::CancelledError("called off");
    };
  }
  void WaitForRequests(size_t count) {
    while (transport_.requests().size() < count) absl::SleepFor(absl::Milliseconds(1));
  }
};

TEST_F(HangingTest, ManyRequestsAtOnceAndNoMore) {
  Runner().Accept(ALease(1, {"a", "b", "c"}));
  Runner().Accept(ALease(2, {"d", "e", "f"}));
  WaitForRequests(4);  // the endpoint's concurrency
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(transport_.requests().size(), 4u);
}

TEST_F(HangingTest, ACancelledShardMakesRoomAndIsNotReported) {
  Runner().Accept(ALease(1, {"a", "b", "c", "d"}));
  WaitForRequests(4);
  Runner().Accept(ALease(2, {"e"}));
  Runner().Cancel({1, 1, 101});
  Runner().Cancel({7, 1, 1});  // not there
  WaitForRequests(5);
  Runner().ReturnUnfinished();
  EXPECT_TRUE(Failure(2).returned);
  Runner().Stop();
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(reports_.count(1), 0u);
}

TEST_F(HangingTest, WhatIsUnfinishedGoesBack) {
  Runner().Accept(ALease(1, {"a"}));
  Runner().ReturnUnfinished();
  EXPECT_TRUE(Failure(1).returned);
  Runner().Accept(ALease(2, {"a"}));
  EXPECT_TRUE(Failure(2).returned);
  Runner().Stop();
  Runner().Stop();
}

TEST_F(HangingTest, StopsInTheMiddle) {
  Runner().Accept(ALease(1, {"a", "b", "c"}));
  WaitForRequests(3);
  Runner().Stop();
}

}  // namespace
}  // namespace assay
