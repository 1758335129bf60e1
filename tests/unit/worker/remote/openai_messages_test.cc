#include "worker/remote/openai_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using Json = nlohmann::json;

RemoteEndpoint AnEndpoint(RemoteApi api) {
  RemoteEndpoint endpoint;
  endpoint.model = "gpt-x";
  endpoint.api = api;
  return endpoint;
}

GenerateQuestion AQuestion() {
  GenerateQuestion question;
  question.prompt = "2 + 2 = \"?\"\n";
  question.max_tokens = 8;
  return question;
}

TEST(OpenaiMessagesTest, AGreedyChat) {
  GenerateQuestion question = AQuestion();
  question.system_prompt = "Be short.";
  EXPECT_EQ(Json::parse(GenerateRequest(AnEndpoint(RemoteApi::kChat), question)), Json::parse(R"({
    "model": "gpt-x", "max_tokens": 8, "temperature": 0.0,
    "messages": [{"role": "system", "content": "Be short."},
                 {"role": "user", "content": "2 + 2 = \"?\"\n"}]})"));
  EXPECT_EQ(RequestPath(RemoteApi::kChat), "/chat/completions");
}

TEST(OpenaiMessagesTest, SampledCompletions) {
  GenerateQuestion question = AQuestion();
  question.sampling = {.temperature = 0.8, .top_p = 0.95, .top_k = 40, .seed = 7, .samples = 20};
  question.samples = 5;
  question.seed = 17;
  question.completion_tokens = true;
  EXPECT_EQ(Json::parse(GenerateRequest(AnEndpoint(RemoteApi::kCompletions), question)),
            Json::parse(R"({"model": "gpt-x", "max_completion_tokens": 8, "temperature": 0.8,
                            "top_p": 0.95, "top_k": 40, "seed": 17, "n": 5,
                            "prompt": "2 + 2 = \"?\"\n"})"));
  EXPECT_EQ(RequestPath(RemoteApi::kCompletions), "/completions");
}

TEST(OpenaiMessagesTest, AnEcho) {
  EXPECT_EQ(Json::parse(EchoRequest(AnEndpoint(RemoteApi::kCompletions), "Q: A")),
            Json::parse(R"({"model": "gpt-x", "prompt": "Q: A", "max_tokens": 1, "temperature": 0,
                            "logprobs": 1, "echo": true})"));
}

TEST(OpenaiMessagesTest, AChatAnswer) {
  const GenerateAnswer answer = *ReadGenerateAnswer(RemoteApi::kChat, R"({
    "choices": [{"message": {"role": "assistant", "content": "four"}, "finish_reason": "stop"},
                {"message": {"content": null}, "finish_reason": "length"},
                {"message": {"content": null, "refusal": "I will not"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3,
              "prompt_tokens_details": {"cached_tokens": 4}}})");
  ASSERT_EQ(answer.samples.size(), 3u);
  EXPECT_EQ(answer.samples[0].text, "four");
  EXPECT_EQ(answer.samples[0].finish_reason, FinishReason::kStop);
  EXPECT_EQ(answer.samples[1].text, "");
  EXPECT_EQ(answer.samples[1].finish_reason, FinishReason::kLength);
  EXPECT_EQ(answer.samples[2].text, "I will not");
  EXPECT_THAT(answer.usage.prompt_tokens, Optional(12));
  EXPECT_THAT(answer.usage.generated_tokens, Optional(3));
  EXPECT_THAT(answer.usage.cached_tokens, Optional(4));
}

TEST(OpenaiMessagesTest, UsageThatMakesNoSenseIsNone) {
  for (const char* usage : {"null", "7", R"({"prompt_tokens": -1})", R"({"prompt_tokens": "9"})",
                            R"({"prompt_tokens": 18446744073709551615})"}) {
    const auto answer =
        ReadGenerateAnswer(RemoteApi::kCompletions,
                           R"({"choices": [{"text": "a", "finish_reason": "stop"}], "usage": )" +
                               std::string(usage) + "}");
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->usage.prompt_tokens, std::nullopt) << usage;
  }
}

TEST(OpenaiMessagesTest, HalfAnswersAreToldApartFromRefusals) {
  const auto code = [](RemoteApi api, const std::string& body) {
    return ReadGenerateAnswer(api, body).status().code();
  };
  for (const char* body :
       {"", "{\"choices\": [{\"mess", "[]", "null", "{}", R"({"choices": []})",
        R"({"choices": {}})", R"({"choices": [1]})", R"({"choices": [{"finish_reason": "stop"}]})",
        R"({"choices": [{"message": {}, "finish_reason": "stop"}]})",
        R"({"choices": [{"message": {"content": 1}, "finish_reason": "stop"}]})",
        R"({"choices": [{"message": {"content": "a"}}]})",
        "{\"choices\": [{\"message\": {\"content\": \"\xFF\"}, \"finish_reason\": \"stop\"}]}"}) {
    EXPECT_EQ(code(RemoteApi::kChat, body), absl::StatusCode::kDataLoss) << body;
  }
  EXPECT_EQ(code(RemoteApi::kCompletions, R"({"choices": [{"finish_reason": "stop"}]})"),
            absl::StatusCode::kDataLoss);
  for (const char* reason : {"content_filter", "tool_calls"}) {
    EXPECT_EQ(
        code(RemoteApi::kChat, R"({"choices": [{"message": {"content": "a"}, "finish_reason": ")" +
                                   std::string(reason) + "\"}]}"),
        absl::StatusCode::kInvalidArgument);
  }
}

TEST(OpenaiMessagesTest, AnEchoedAnswer) {
  const EchoAnswer answer = *ReadEchoAnswer(R"({"choices": [{"text": "Q: A.", "logprobs": {
    "tokens": ["Q", ":", " A", "."], "token_logprobs": [null, -1.5, -0.25, -3],
    "text_offset": [0, 1, 2, 4]}, "finish_reason": "length"}], "usage": {"prompt_tokens": 3}})");
  EXPECT_EQ(answer.text, "Q: A.");
  EXPECT_THAT(answer.tokens, ElementsAre("Q", ":", " A", "."));
  EXPECT_THAT(answer.logprobs,
              ElementsAre(std::nullopt, Optional(-1.5), Optional(-0.25), Optional(-3.0)));
  EXPECT_THAT(answer.text_offsets, ElementsAre(0, 1, 2, 4));
}

TEST(OpenaiMessagesTest, AnEndpointWithoutLogProbabilities) {
  for (const char* logprobs : {"", R"(, "logprobs": null)", R"(, "logprobs": {"content": []})"}) {
    const absl::Status status =
        ReadEchoAnswer(R"({"choices": [{"text": "Q: A.")" + std::string(logprobs) + "}]}").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), HasSubstr("gives no log-probabilities"));
  }
  const auto code = [](const char* logprobs) {
    return ReadEchoAnswer(R"({"choices": [{"text": "Q", "logprobs": )" + std::string(logprobs) +
                          "}]}")
        .status()
        .code();
  };
  EXPECT_EQ(code(R"({"tokens": ["Q"], "token_logprobs": []})"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(R"({"tokens": [1], "token_logprobs": [0]})"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(code(R"({"tokens": ["Q"], "token_logprobs": ["x"]})"), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace assay
