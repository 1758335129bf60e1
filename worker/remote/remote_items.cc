#include "worker/remote/remote_items.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/benchmark/prompt_template.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

std::string Wrap(const Lease& lease, const std::string& prompt) {
  if (lease.run.settings.prompt_template != PromptTemplate::kAlpaca) return prompt;
  return AlpacaPrompt(lease.run.settings.system_prompt, prompt);
}

// Cuts the front of `text` so that it and `reserved` tokens fit into the model's context, where
// that is known. True when something was cut.
absl::StatusOr<bool> CutToContext(const ModelSpec& model, int64_t reserved, std::string* text) {
  if (model.context_length == 0) return false;
  const int64_t room = model.context_length - reserved;
  if (room < 1) {
    return absl::InvalidArgumentError(absl::StrCat("the model's context of ", model.context_length,
                                                   " tokens has no room for a prompt beside ",
                                                   reserved, " tokens of output"));
  }
  const auto most = static_cast<int64_t>(static_cast<double>(room) * model.characters_per_token);
  int64_t excess = CountCharacters(*text) - most;
  if (excess <= 0) return false;
  absl::string_view rest = *text;
  while (excess-- > 0) TakeUtf8Character(&rest);
  *text = std::string(rest);
  return true;
}

absl::StatusOr<RemoteItem> PrepareItem(const Lease& lease, const ResolvedRun& run, const Item& item,
                                       absl::Span<const Item> shots) {
  const ProtocolSpec& protocol = *run.protocol;
  RemoteItem prepared;
  Prediction& prediction = prepared.prediction;
  prediction.item_id = item.id;
  Sha256 digest;
  digest.Update(lease.run.settings.system_prompt);
  for (int variant = 0; variant < protocol.variants; ++variant) {
    ASSAY_ASSIGN_OR_RETURN(const FittedPrompt fitted,
                           FitPrompt(
                               *run.benchmark, protocol, item, shots,
                               [&lease](absl::string_view text) -> absl::StatusOr<int64_t> {
                                 return EstimateTokens(lease.model, Wrap(lease, std::string(text)));
                               },
                               variant));
    RemotePrompt prompt;
    prompt.text = Wrap(lease, fitted.text);
    if (prompt.text.empty()) return absl::InvalidArgumentError("the prompt is empty");
    if (variant > 0) absl::StrAppend(&prediction.prompt, kVariantSeparator);
    absl::StrAppend(&prediction.prompt, prompt.text);
    int64_t reserved = protocol.max_output;
    if (protocol.request_type == RequestType::kScoreChoices) {
      for (size_t i = 0; i < item.choices.size(); ++i) {
        prompt.choices.push_back(run.benchmark->RenderChoice(protocol, item, i));
        reserved = std::max(reserved, EstimateTokens(lease.model, prompt.choices.back()));
      }
      if (prompt.choices.empty()) {
        return absl::InvalidArgumentError("there are no choices to score");
      }
    }
    ASSAY_ASSIGN_OR_RETURN(const bool truncated, CutToContext(lease.model, reserved, &prompt.text));
    digest.Update(absl::string_view("\0", 1));
    digest.Update(prompt.text);
    prediction.shots_used =
        variant == 0 ? fitted.shots_used : std::min(prediction.shots_used, fitted.shots_used);
    prediction.over_max_input |= fitted.over_max_input;
    prediction.truncated |= truncated;
    prepared.prompts.push_back(std::move(prompt));
  }
  const RunSettings& settings = lease.run.settings;
  if (settings.prompt_template == PromptTemplate::kChat && !settings.system_prompt.empty()) {
    prediction.prompt = DescribeChatMessages(settings.system_prompt, prediction.prompt);
  }
  prediction.prompt_sha256 = digest.Finish();
  return prepared;
}

}  // namespace

int64_t EstimateTokens(const ModelSpec& model, absl::string_view text) {
  return static_cast<int64_t>(
      std::ceil(static_cast<double>(CountCharacters(text)) / model.characters_per_token));
}

absl::StatusOr<std::vector<RemoteItem>> PrepareRemoteItems(const Lease& lease,
                                                           const ResolvedRun& run) {
  std::vector<RemoteItem> prepared;
  for (const Item& item : lease.items) {
    const auto shots = lease.shots.find(item.group);
    absl::StatusOr<RemoteItem> one = PrepareItem(
        lease, run, item, shots == lease.shots.end() ? absl::Span<const Item>() : shots->second);
    if (!one.ok()) {
      return absl::Status(one.status().code(),
                          absl::StrCat("item ", item.id, ": ", one.status().message()));
    }
    prepared.push_back(*std::move(one));
  }
  return prepared;
}

}  // namespace assay
