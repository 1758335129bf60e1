#include "coordinator/planner/settings_check.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/remote/remote_model.h"

namespace assay {
namespace {

constexpr size_t kMostSystemPromptBytes = 64 << 10;

absl::Status CheckTemplate(const RunSettings& settings) {
  const std::string& system = settings.system_prompt;
  if (system.empty()) return absl::OkStatus();
  if (settings.prompt_template == PromptTemplate::kNone) {
    return absl::InvalidArgumentError(
        "a system prompt has no place without a template: add --template chat or --template "
        "alpaca, or leave the system prompt out");
  }
  if (system.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("the system prompt holds the character U+0000");
  }
  if (system.size() > kMostSystemPromptBytes) {
    return absl::InvalidArgumentError(absl::StrCat("the system prompt has ", system.size(),
                                                   " bytes, more than ", kMostSystemPromptBytes));
  }
  return absl::OkStatus();
}

absl::Status CheckGreedy(const SamplingSettings& sampling) {
  std::vector<absl::string_view> unused;
  if (sampling.top_p != 1) unused.push_back("--top-p");
  if (sampling.top_k != 0) unused.push_back("--top-k");
  if (sampling.seed != 0) unused.push_back("--seed");
  if (sampling.samples != 1) unused.push_back("--samples");
  if (unused.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "greedy decoding has one answer only, so ", absl::StrJoin(unused, " and "),
      unused.size() == 1 ? " says" : " say", " nothing: add --temperature T with T above 0, or ",
      "leave ", unused.size() == 1 ? "it" : "them", " out"));
}

absl::Status CheckSampling(const ProtocolSpec& protocol, const SamplingSettings& sampling) {
  if (!sampling.temperature.has_value()) {
    std::vector<int> numbers;
    for (const auto& [samples, temperature] : protocol.temperatures) numbers.push_back(samples);
    return absl::InvalidArgumentError(absl::StrCat(
        "protocol ", protocol.name, " has temperatures for ", absl::StrJoin(numbers, ", "),
        " samples of an item, not for ", sampling.samples, ": add --temperature T"));
  }
  if (sampling.greedy()) return CheckGreedy(sampling);
  if (protocol.request_type != RequestType::kGenerate) {
    return absl::InvalidArgumentError(absl::StrCat(
        "protocol ", protocol.name, " compares the log-likelihoods of choices and generates ",
        "nothing that could be sampled: leave --temperature out"));
  }
  return absl::OkStatus();
}

}  // namespace

void ResolveSettings(const ProtocolSpec& protocol, RunSettings* settings) {
  settings->protocol = protocol.name;
  settings->protocol_version = protocol.version;
  if (settings->shots < 0) settings->shots = protocol.shots;
  SamplingSettings& sampling = settings->sampling;
  if (sampling.temperature.has_value()) return;
  if (protocol.temperatures.empty()) {
    sampling.temperature = 0;
  } else if (const auto own = protocol.temperatures.find(sampling.samples);
             own != protocol.temperatures.end()) {
    sampling.temperature = own->second;
  }
}

absl::Status CheckSettings(const ProtocolSpec& protocol, const RunSettings& settings) {
  ASSAY_RETURN_IF_ERROR(CheckTemplate(settings));
  return CheckSampling(protocol, settings.sampling);
}

absl::Status CheckRemote(const ModelSpec& model, const DatasetInfo& dataset,
                         const ProtocolSpec& protocol, const RunSettings& settings) {
  if (!model.remote.has_value()) return absl::OkStatus();
  const bool chat = model.remote->api == RemoteApi::kChat;
  if (chat && protocol.request_type == RequestType::kScoreChoices) {
    return absl::InvalidArgumentError(absl::StrCat(
        "protocol ", protocol.name, " of ", dataset.name, " compares the log-probabilities of ",
        "choices, and the chat API of model ", model.name, " gives none: such protocols need a ",
        "model added with --api completions whose endpoint echoes prompts with log-probabilities"));
  }
  if (!chat && settings.prompt_template == PromptTemplate::kChat) {
    return absl::InvalidArgumentError(absl::StrCat("the completions API of model ", model.name,
                                                   " applies no chat template; add ",
                                                   "the model under another name with --api chat"));
  }
  if (settings.bos != BosHandling::kDefault) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", model.name, " is behind an endpoint, which sees to the BOS itself"));
  }
  return absl::OkStatus();
}

}  // namespace assay
