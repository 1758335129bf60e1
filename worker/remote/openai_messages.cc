#include "worker/remote/openai_messages.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

absl::Status HalfAnswer(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("half an answer: ", what));
}

// The member, or null where there is none.
const Json* Find(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

// Counts beyond any sense are taken as not told.
std::optional<int64_t> FindCount(const Json& object, const char* name) {
  constexpr int64_t kMost = int64_t{1} << 40;
  const Json* value = Find(object, name);
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  const int64_t count = value->get<int64_t>();
  if (count < 0 || count > kMost) return std::nullopt;
  return count;
}

Usage ReadUsage(const Json& answer) {
  Usage usage;
  const Json* told = Find(answer, "usage");
  if (told == nullptr) return usage;
  usage.prompt_tokens = FindCount(*told, "prompt_tokens");
  usage.generated_tokens = FindCount(*told, "completion_tokens");
  if (const Json* details = Find(*told, "prompt_tokens_details")) {
    usage.cached_tokens = FindCount(*details, "cached_tokens");
  }
  return usage;
}

absl::StatusOr<Json> Parse(absl::string_view body) {
  // Also what is not UTF-8 is refused by the parser.
  Json answer = Json::parse(body.begin(), body.end(), nullptr, /*allow_exceptions=*/false);
  if (answer.is_discarded()) return HalfAnswer("what came is not whole JSON");
  const Json* choices = Find(answer, "choices");
  if (choices == nullptr || !choices->is_array() || choices->empty()) {
    return HalfAnswer("there is no list \"choices\" in it");
  }
  return answer;
}

absl::StatusOr<FinishReason> ReadFinishReason(const Json& choice) {
  const Json* reason = Find(choice, "finish_reason");
  if (reason == nullptr || !reason->is_string()) {
    return HalfAnswer("a choice has no \"finish_reason\"");
  }
  const std::string name = reason->get<std::string>();
  if (name == "length") return FinishReason::kLength;
  if (name == "content_filter") {
    return absl::InvalidArgumentError("the endpoint's content filter withheld the answer");
  }
  if (name == "tool_calls" || name == "function_call") {
    return absl::InvalidArgumentError("the model called a tool instead of answering");
  }
  return FinishReason::kStop;
}

// A message without a content is an empty one: a model that thinks may be cut off before it speaks.
absl::StatusOr<std::string> ReadMessage(const Json& choice) {
  const Json* message = Find(choice, "message");
  if (message == nullptr || !message->is_object()) return HalfAnswer("a choice has no \"message\"");
  for (const char* name : {"content", "refusal"}) {
    const Json* text = Find(*message, name);
    if (text == nullptr) continue;
    if (!text->is_string()) return HalfAnswer(absl::StrCat("\"", name, "\" is not a text"));
    return text->get<std::string>();
  }
  if (message->contains("content")) return std::string();
  return HalfAnswer("a message has no \"content\"");
}

absl::StatusOr<std::string> ReadText(const Json& choice) {
  const Json* text = Find(choice, "text");
  if (text == nullptr || !text->is_string()) return HalfAnswer("a choice has no \"text\"");
  return text->get<std::string>();
}

}  // namespace

absl::string_view RequestPath(RemoteApi api) {
  return api == RemoteApi::kChat ? "/chat/completions" : "/completions";
}

std::string GenerateRequest(const RemoteEndpoint& endpoint, const GenerateQuestion& question) {
  Json request = {{"model", endpoint.model}};
  if (endpoint.api == RemoteApi::kChat) {
    Json messages = Json::array();
    if (!question.system_prompt.empty()) {
      messages.push_back({{"role", "system"}, {"content", question.system_prompt}});
    }
    messages.push_back({{"role", "user"}, {"content", question.prompt}});
    request["messages"] = std::move(messages);
  } else {
    request["prompt"] = question.prompt;
  }
  request[question.completion_tokens ? "max_completion_tokens" : "max_tokens"] =
      question.max_tokens;
  const SamplingSettings& sampling = question.sampling;
  request["temperature"] = sampling.temperature.value_or(0);
  if (!sampling.greedy()) {
    request["top_p"] = sampling.top_p;
    // Not OpenAI's own; other services know it.
    if (sampling.top_k > 0) request["top_k"] = sampling.top_k;
    request["seed"] = question.seed;
  }
  if (question.samples > 1) request["n"] = question.samples;
  return Dump(request);
}

std::string EchoRequest(const RemoteEndpoint& endpoint, absl::string_view text) {
  return Dump({{"model", endpoint.model},
               {"prompt", std::string(text)},
               {"max_tokens", 1},
               {"temperature", 0},
               {"logprobs", 1},
               {"echo", true}});
}

absl::StatusOr<GenerateAnswer> ReadGenerateAnswer(RemoteApi api, absl::string_view body) {
  ASSAY_ASSIGN_OR_RETURN(const Json json, Parse(body));
  GenerateAnswer answer;
  answer.usage = ReadUsage(json);
  for (const Json& choice : json["choices"]) {
    WrittenText written;
    ASSAY_ASSIGN_OR_RETURN(written.text,
                           api == RemoteApi::kChat ? ReadMessage(choice) : ReadText(choice));
    ASSAY_ASSIGN_OR_RETURN(written.finish_reason, ReadFinishReason(choice));
    answer.samples.push_back(std::move(written));
  }
  return answer;
}

absl::StatusOr<EchoAnswer> ReadEchoAnswer(absl::string_view body) {
  ASSAY_ASSIGN_OR_RETURN(const Json json, Parse(body));
  const Json& choice = json["choices"][0];
  EchoAnswer answer;
  answer.usage = ReadUsage(json);
  ASSAY_ASSIGN_OR_RETURN(answer.text, ReadText(choice));
  const Json* told = Find(choice, "logprobs");
  if (told == nullptr) return absl::FailedPreconditionError(kNoLogProbabilities);
  const Json* tokens = Find(*told, "tokens");
  const Json* logprobs = Find(*told, "token_logprobs");
  const Json* offsets = Find(*told, "text_offset");
  if (tokens == nullptr || logprobs == nullptr || !tokens->is_array() || !logprobs->is_array()) {
    return absl::FailedPreconditionError(kNoLogProbabilities);
  }
  if (tokens->size() != logprobs->size()) {
    return HalfAnswer("\"tokens\" and \"token_logprobs\" are not of one length");
  }
  for (const Json& token : *tokens) {
    if (!token.is_string()) return HalfAnswer("a token is not a text");
    answer.tokens.push_back(token.get<std::string>());
  }
  for (const Json& logprob : *logprobs) {
    if (!logprob.is_number() && !logprob.is_null()) {
      return HalfAnswer("a log-probability is not a number");
    }
    answer.logprobs.push_back(logprob.is_null() ? std::nullopt
                                                : std::optional(logprob.get<double>()));
  }
  if (offsets == nullptr || !offsets->is_array() || offsets->size() != tokens->size()) {
    return answer;
  }
  for (const Json& offset : *offsets) {
    if (!offset.is_number_integer()) return HalfAnswer("a text offset is not an integer");
    answer.text_offsets.push_back(offset.get<int64_t>());
  }
  return answer;
}

}  // namespace assay
