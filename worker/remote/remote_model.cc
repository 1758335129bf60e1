#include "worker/remote/remote_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/python_text.h"
#include "worker/remote/echo_score.h"

namespace assay {
namespace {

// That one request asks for. Each adds to the time that the answer takes.
constexpr int kMostSamplesAtOnce = 8;

// Where a choice begins in the text of prompt and choice. As lm-evaluation-harness has it, white
// space at the end of the prompt belongs to the choice; a choice's own first token begins with it.
size_t BeginOfChoice(const std::string& prompt, ChoiceTokens tokens) {
  if (tokens == ChoiceTokens::kFirstToken) return prompt.size();
  const absl::string_view stripped = PythonStrip(prompt);
  return stripped.empty() ? 0
                          : static_cast<size_t>(stripped.data() + stripped.size() - prompt.data());
}

std::vector<Prediction> ErrorPredictions(const std::string& item_id, int samples,
                                         absl::string_view error) {
  std::vector<Prediction> predictions(static_cast<size_t>(samples));
  for (size_t i = 0; i < predictions.size(); ++i) {
    predictions[i].item_id = item_id;
    predictions[i].sample_index = static_cast<int>(i);
    predictions[i].error = std::string(error);
  }
  return predictions;
}

}  // namespace

absl::StatusOr<std::vector<Prediction>> RemoteModel::Answer(const RemoteItem& item,
                                                            const ProtocolSpec& protocol,
                                                            const RunSettings& settings,
                                                            const Cancellation& cancellation) {
  Question question{item, protocol, settings, cancellation, {}};
  absl::StatusOr<std::vector<Prediction>> answer = protocol.request_type == RequestType::kGenerate
                                                       ? Generate(&question)
                                                       : ScoreChoices(&question);
  if (answer.ok() || absl::IsFailedPrecondition(answer.status()) ||
      absl::IsCancelled(answer.status())) {
    return answer;
  }
  std::vector<Prediction> predictions = ErrorPredictions(
      item.prediction.item_id, settings.sampling.samples, answer.status().message());
  predictions.front().prompt_tokens = question.prompt_tokens;
  predictions.front().cached_tokens = question.cached_tokens;
  predictions.front().generated_tokens = question.generated_tokens;
  return predictions;
}

absl::StatusOr<std::vector<Prediction>> RemoteModel::Generate(Question* question) {
  const RunSettings& settings = question->settings;
  GenerateQuestion asked;
  asked.prompt = question->item.prompts.front().text;
  if (settings.prompt_template == PromptTemplate::kChat) {
    asked.system_prompt = settings.system_prompt;
  }
  asked.max_tokens = question->protocol.max_output;
  asked.sampling = settings.sampling;
  std::vector<Prediction> predictions;
  const auto wanted = static_cast<size_t>(settings.sampling.samples);
  // An endpoint may bring fewer samples than it was asked for; it is asked for the others.
  while (predictions.size() < wanted) {
    const size_t before = predictions.size();
    const int64_t prompt_tokens = question->prompt_tokens;
    const int64_t cached_tokens = question->cached_tokens;
    const int64_t generated_tokens = question->generated_tokens;
    asked.samples = static_cast<int>(std::min<size_t>(wanted - before, kMostSamplesAtOnce));
    asked.seed = settings.sampling.seed + static_cast<int64_t>(before);
    ASSAY_ASSIGN_OR_RETURN(const GenerateAnswer answer, AskToGenerate(asked, question));
    for (const WrittenText& written : answer.samples) {
      if (predictions.size() == wanted) break;
      Prediction prediction = question->item.prediction;
      prediction.sample_index = static_cast<int>(predictions.size());
      prediction.output = written.text;
      prediction.finish_reason = written.finish_reason;
      predictions.push_back(std::move(prediction));
    }
    predictions[before].prompt_tokens = question->prompt_tokens - prompt_tokens;
    predictions[before].cached_tokens = question->cached_tokens - cached_tokens;
    predictions[before].generated_tokens = question->generated_tokens - generated_tokens;
  }
  return predictions;
}

absl::StatusOr<GenerateAnswer> RemoteModel::AskToGenerate(const GenerateQuestion& asked,
                                                          Question* question) {
  GenerateQuestion request = asked;
  const std::string sent = absl::StrCat(asked.system_prompt, asked.prompt);
  const int64_t estimated = EstimateTokens(spec_, sent) + int64_t{asked.max_tokens} * asked.samples;
  GenerateAnswer answer;
  const auto read = [&](absl::string_view body) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(answer, ReadGenerateAnswer(spec_.remote->api, body));
    return absl::OkStatus();
  };
  const auto ask = [&] {
    request.completion_tokens = completion_tokens_;
    return client_->Ask(RequestPath(spec_.remote->api), GenerateRequest(*spec_.remote, request),
                        estimated, read, &question->time, question->cancellation);
  };
  absl::Status status = ask();
  if (absl::IsInvalidArgument(status) && !request.completion_tokens &&
      absl::StrContains(status.message(), "max_completion_tokens")) {
    completion_tokens_ = true;
    status = ask();
  }
  ASSAY_RETURN_IF_ERROR(status);
  std::string written;
  for (const WrittenText& sample : answer.samples) written.append(sample.text);
  Count(answer.usage, sent, written, estimated, question);
  return answer;
}

absl::StatusOr<std::vector<Prediction>> RemoteModel::ScoreChoices(Question* question) {
  Prediction prediction = question->item.prediction;
  for (const RemotePrompt& prompt : question->item.prompts) {
    for (const std::string& choice : prompt.choices) {
      ASSAY_ASSIGN_OR_RETURN(const double loglikelihood, ScoreChoice(prompt, choice, question));
      prediction.choice_loglikelihoods.push_back(loglikelihood);
    }
  }
  prediction.prompt_tokens = question->prompt_tokens;
  prediction.cached_tokens = question->cached_tokens;
  prediction.generated_tokens = question->generated_tokens;
  // The choices' log-likelihoods are the same in every sample.
  std::vector<Prediction> predictions;
  for (int sample = 0; sample < question->settings.sampling.samples; ++sample) {
    prediction.sample_index = sample;
    predictions.push_back(prediction);
    prediction.prompt_tokens = prediction.cached_tokens = prediction.generated_tokens = 0;
  }
  return predictions;
}

absl::StatusOr<double> RemoteModel::ScoreChoice(const RemotePrompt& prompt,
                                                const std::string& choice, Question* question) {
  if (spec_.remote->api == RemoteApi::kChat) {
    return absl::FailedPreconditionError(kNoLogProbabilities);
  }
  const ChoiceTokens tokens = question->protocol.choice_tokens;
  const std::string text = absl::StrCat(prompt.text, choice);
  const int64_t estimated = EstimateTokens(spec_, text) + 1;
  double loglikelihood = 0;
  EchoAnswer answer;
  const auto read = [&](absl::string_view body) -> absl::Status {
    ASSAY_ASSIGN_OR_RETURN(answer, ReadEchoAnswer(body));
    ASSAY_ASSIGN_OR_RETURN(loglikelihood,
                           EchoedLogLikelihood(answer, text, BeginOfChoice(prompt.text, tokens),
                                               tokens == ChoiceTokens::kFirstToken));
    return absl::OkStatus();
  };
  const absl::Status status =
      client_->Ask(RequestPath(spec_.remote->api), EchoRequest(*spec_.remote, text), estimated,
                   read, &question->time, question->cancellation);
  if (absl::IsInvalidArgument(status) && (absl::StrContains(status.message(), "echo") ||
                                          absl::StrContains(status.message(), "logprob"))) {
    return absl::FailedPreconditionError(
        absl::StrCat(kNoLogProbabilities, " (", status.message(), ")"));
  }
  ASSAY_RETURN_IF_ERROR(status);
  Count(answer.usage, text, "", estimated, question);
  return loglikelihood;
}

void RemoteModel::Count(const Usage& usage, absl::string_view sent, absl::string_view written,
                        int64_t estimated, Question* question) {
  const int64_t prompt = usage.prompt_tokens.value_or(EstimateTokens(spec_, sent));
  const int64_t generated = usage.generated_tokens.value_or(EstimateTokens(spec_, written));
  question->prompt_tokens += prompt;
  question->cached_tokens += std::min(usage.cached_tokens.value_or(0), prompt);
  question->generated_tokens += generated;
  client_->Correct(estimated, prompt + generated);
}

}  // namespace assay
