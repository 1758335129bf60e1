#include "worker/session/item_preparation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/benchmark/python_text.h"
#include "worker/session/request_digest.h"
#include "worker/session/sample_stream.h"
#include "worker/session/stop_text_finder.h"

namespace assay {
namespace {

absl::Status InItem(const Item& item, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("item ", item.id, ": ", status.message()));
}

// Remembers the last text's ids: the prompt that FitPrompt settles on is nearly always the last
// that it counted.
class CountingEncoder {
 public:
  explicit CountingEncoder(const PromptForm& form) : form_(form) {}

  // Of `prompt` with the template around it.
  absl::StatusOr<int64_t> Count(absl::string_view prompt) {
    ASSAY_ASSIGN_OR_RETURN(text_, form_.Wrap(prompt));
    ASSAY_ASSIGN_OR_RETURN(ids_, form_.Encode(text_));
    return static_cast<int64_t>(ids_.size());
  }

  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text) {
    if (!ids_.empty() && text == text_) return std::exchange(ids_, {});
    return form_.Encode(text);
  }

 private:
  const PromptForm& form_;
  std::string text_;
  std::vector<int32_t> ids_;
};

// Cuts the front of `prompt` so that `reserved` further tokens fit into the model's context. True
// when something was cut.
absl::StatusOr<bool> CutToContext(int64_t context_length, int64_t reserved,
                                  std::vector<int32_t>* prompt) {
  const int64_t room = context_length - reserved;
  if (room < 1) {
    return absl::InvalidArgumentError(absl::StrCat("the model's context of ", context_length,
                                                   " tokens has no room for a prompt beside ",
                                                   reserved, " tokens of output"));
  }
  const int64_t excess = static_cast<int64_t>(prompt->size()) - room;
  if (excess <= 0) return false;
  prompt->erase(prompt->begin(), prompt->begin() + excess);
  return true;
}

// What a run has in common for all of its items.
struct Preparation {
  const ResolvedRun& run;
  const int64_t context_length;
  const TextCodec& codec;
  const PromptForm form;
  const std::vector<int32_t>& stop_token_ids;
};

absl::Status AddChoices(const Preparation& preparation, const Item& item, absl::string_view text,
                        Request* request) {
  const ProtocolSpec& protocol = *preparation.run.protocol;
  std::vector<std::string> choices;
  for (size_t i = 0; i < item.choices.size(); ++i) {
    std::string choice = preparation.run.benchmark->RenderChoice(protocol, item, i);
    // As lm-evaluation-harness does it: no space stands at the beginning of a turn.
    if (preparation.form.begins_turn()) absl::StripLeadingAsciiWhitespace(&choice);
    choices.push_back(std::move(choice));
  }
  if (protocol.choice_tokens == ChoiceTokens::kFirstToken) {
    ASSAY_ASSIGN_OR_RETURN(request->prompt, preparation.form.Encode(text));
    ASSAY_ASSIGN_OR_RETURN(request->choices, EncodeFirstTokens(choices, preparation.codec));
    return absl::OkStatus();
  }
  ASSAY_ASSIGN_OR_RETURN(EncodedChoices encoded, EncodeChoices(text, choices, preparation.form));
  request->prompt = std::move(encoded.context);
  request->choices = std::move(encoded.continuations);
  return absl::OkStatus();
}

// Adds the item's prompt `variant` to `prepared`, and its token ids to `all_ids`.
absl::Status PrepareVariant(const Preparation& preparation, const Item& item,
                            absl::Span<const Item> shots, int variant,
                            std::vector<int32_t>* all_ids, PreparedItem* prepared) {
  const ProtocolSpec& protocol = *preparation.run.protocol;
  CountingEncoder encoder(preparation.form);
  ASSAY_ASSIGN_OR_RETURN(
      FittedPrompt fitted,
      FitPrompt(
          *preparation.run.benchmark, protocol, item, shots,
          [&encoder](absl::string_view text) { return encoder.Count(text); }, variant));
  ASSAY_ASSIGN_OR_RETURN(const std::string text, preparation.form.Wrap(fitted.text));

  Request request;
  int64_t reserved = protocol.max_output;
  if (protocol.request_type == RequestType::kGenerate) {
    ASSAY_ASSIGN_OR_RETURN(request.prompt, encoder.Encode(text));
    // The decoder's start token counts, as in transformers' max_length.
    request.max_new_tokens = preparation.form.answers_apart() ? std::max(1, protocol.max_output - 1)
                                                              : protocol.max_output;
    request.stop_token_ids = preparation.stop_token_ids;
    if (!protocol.stop_texts.empty()) {
      request.is_over = StopTextFinder(preparation.codec, protocol.stop_texts);
    }
  } else {
    ASSAY_RETURN_IF_ERROR(AddChoices(preparation, item, text, &request));
    // Nothing follows a choice's last token, so that it takes no place in the context; which is
    // where lm-evaluation-harness cuts as well.
    for (const std::vector<int32_t>& choice : request.choices) {
      reserved = std::max(reserved, static_cast<int64_t>(choice.size()) - 1);
    }
  }
  if (request.prompt.empty()) return absl::InvalidArgumentError("the prompt has no token");

  Prediction& prediction = prepared->prediction;
  ASSAY_ASSIGN_OR_RETURN(const bool truncated,
                         CutToContext(preparation.context_length, reserved, &request.prompt));
  if (variant > 0) {
    absl::StrAppend(&prediction.prompt, kVariantSeparator);
    all_ids->push_back(-1);
  }
  absl::StrAppend(&prediction.prompt, text);
  all_ids->insert(all_ids->end(), request.prompt.begin(), request.prompt.end());
  prediction.prompt_tokens += static_cast<int64_t>(request.prompt.size());
  prediction.shots_used =
      variant == 0 ? fitted.shots_used : std::min(prediction.shots_used, fitted.shots_used);
  prediction.over_max_input |= fitted.over_max_input;
  prediction.truncated |= truncated;
  prepared->requests.push_back(std::move(request));
  return absl::OkStatus();
}

absl::StatusOr<PreparedItem> PrepareItem(const Preparation& preparation, const Item& item,
                                         absl::Span<const Item> shots) {
  PreparedItem prepared;
  prepared.prediction.item_id = item.id;
  std::vector<int32_t> all_ids;
  for (int variant = 0; variant < preparation.run.protocol->variants; ++variant) {
    ASSAY_RETURN_IF_ERROR(PrepareVariant(preparation, item, shots, variant, &all_ids, &prepared));
  }
  prepared.prediction.prompt_sha256 = TokenIdsDigest(all_ids);
  return prepared;
}

// Appends the item once for each of its samples.
void AddSamples(const Preparation& preparation, const SamplingSettings& sampling, PreparedItem item,
                std::vector<PreparedItem>* prepared) {
  for (int sample = 0; sample < sampling.samples; ++sample) {
    item.prediction.sample_index = sample;
    if (!sampling.greedy()) {
      for (Request& request : item.requests) {
        request.sampling = {*sampling.temperature, sampling.top_p, sampling.top_k,
                            SampleStream(sampling.seed, item.prediction.item_id, sample)};
      }
    }
    item.prediction.request_digest =
        RequestDigest(item.requests, *preparation.run.protocol, preparation.context_length);
    prepared->push_back(item);
  }
}

}  // namespace

absl::StatusOr<ResolvedRun> ResolveRun(const Lease& lease, const BenchmarkFinder& find_benchmark) {
  const RunSpec& run = lease.run;
  ResolvedRun resolved;
  ASSAY_ASSIGN_OR_RETURN(resolved.benchmark, find_benchmark(lease));
  ASSAY_ASSIGN_OR_RETURN(resolved.protocol,
                         resolved.benchmark->FindProtocol(run.settings.protocol));
  if (resolved.protocol->version != run.settings.protocol_version) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the run asks for version ", run.settings.protocol_version, " of the protocol ",
        run.settings.protocol, " of ", run.benchmark, ", this worker has version ",
        resolved.protocol->version, "; use the coordinator and the workers of one release"));
  }
  return resolved;
}

absl::StatusOr<std::vector<PreparedItem>> PrepareItems(const Lease& lease, const ResolvedRun& run,
                                                       const TextCodec& codec,
                                                       const std::vector<int32_t>& stop_token_ids) {
  const RunSettings& settings = lease.run.settings;
  const Preparation preparation{run, lease.model.context_length, codec,
                                PromptForm(&settings, &codec), stop_token_ids};
  std::vector<PreparedItem> prepared;
  prepared.reserve(lease.items.size() * static_cast<size_t>(settings.sampling.samples));
  for (const Item& item : lease.items) {
    absl::Span<const Item> shots;
    if (auto found = lease.shots.find(item.group); found != lease.shots.end()) {
      shots = found->second;
    }
    absl::StatusOr<PreparedItem> one = PrepareItem(preparation, item, shots);
    if (!one.ok()) return InItem(item, one.status());
    AddSamples(preparation, settings.sampling, *std::move(one), &prepared);
  }
  return prepared;
}

absl::StatusOr<EncodedChoices> EncodeChoices(absl::string_view context,
                                             absl::Span<const std::string> continuations,
                                             const PromptForm& form) {
  if (continuations.empty()) return absl::InvalidArgumentError("there are no choices to score");
  const absl::string_view stripped = PythonStrip(context);
  // Where the text ends without its trailing white space; `stripped` is a part of it.
  const size_t end = stripped.empty()
                         ? 0
                         : static_cast<size_t>(stripped.data() + stripped.size() - context.data());
  EncodedChoices encoded;
  ASSAY_ASSIGN_OR_RETURN(encoded.context, form.Encode(context.substr(0, end)));
  ASSAY_ASSIGN_OR_RETURN(const size_t behind, form.TokensBehind());
  const size_t before = encoded.context.size() - std::min(behind, encoded.context.size());
  for (const std::string& continuation : continuations) {
    if (form.answers_apart()) {
      ASSAY_ASSIGN_OR_RETURN(encoded.continuations.emplace_back(),
                             form.EncodeAnswer(absl::StrCat(context.substr(end), continuation)));
      if (!encoded.continuations.back().empty()) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("the choice \"", continuation, "\" has no token"));
    }
    ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> whole,
                           form.Encode(absl::StrCat(context, continuation)));
    whole.resize(whole.size() - std::min(behind, whole.size()));
    if (whole.size() <= before) {
      return absl::InvalidArgumentError(
          absl::StrCat("the choice \"", continuation, "\" adds no token to the prompt"));
    }
    whole.erase(whole.begin(), whole.begin() + static_cast<int64_t>(before));
    encoded.continuations.push_back(std::move(whole));
  }
  return encoded;
}

absl::StatusOr<std::vector<std::vector<int32_t>>> EncodeFirstTokens(
    absl::Span<const std::string> choices, const TextCodec& codec) {
  if (choices.empty()) return absl::InvalidArgumentError("there are no choices to score");
  std::vector<std::vector<int32_t>> tokens;
  for (const std::string& choice : choices) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, codec.EncodePlain(choice));
    if (ids.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("the choice \"", choice, "\" has no token"));
    }
    tokens.push_back({ids.front()});
  }
  return tokens;
}

std::string TokenIdsDigest(absl::Span<const int32_t> token_ids) {
  std::string bytes;
  bytes.reserve(token_ids.size() * 4);
  for (const int32_t id : token_ids) {
    const uint32_t value = static_cast<uint32_t>(id);
    for (int shift = 0; shift < 32; shift += 8) {
      bytes.push_back(static_cast<char>((value >> shift) & 0xFF));
    }
  }
  return Sha256Hex(bytes);
}

}  // namespace assay
