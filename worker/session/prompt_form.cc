#include "worker/session/prompt_form.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/prompt_template.h"

namespace assay {

absl::Status PromptForm::Check() const {
  if (settings_->bos == BosHandling::kAlways && !codec_->bos_token_id().has_value()) {
    return absl::FailedPreconditionError(
        "prompts are to begin with the model's BOS token, and its tokenizer names none; use --bos "
        "default");
  }
  absl::Status wrapped = Wrap("A question.").status();
  if (wrapped.ok()) return wrapped;
  return absl::FailedPreconditionError(absl::StrCat("prompts cannot be put into the template ",
                                                    PromptTemplateName(settings_->prompt_template),
                                                    ": ", wrapped.message()));
}

absl::StatusOr<std::string> PromptForm::Wrap(absl::string_view prompt) const {
  switch (settings_->prompt_template) {
    case PromptTemplate::kNone:
      return std::string(prompt);
    case PromptTemplate::kChat:
      return codec_->RenderChat(settings_->system_prompt, prompt);
    case PromptTemplate::kAlpaca:
      return AlpacaPrompt(settings_->system_prompt, prompt);
  }
  return absl::InternalError("a prompt template of an unknown kind");
}

absl::StatusOr<std::vector<int32_t>> PromptForm::Encode(absl::string_view wrapped) const {
  ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> ids, codec_->Encode(wrapped));
  const std::optional<int32_t> bos = codec_->bos_token_id();
  if (!bos.has_value()) return ids;
  size_t count = 0;
  while (count < ids.size() && ids[count] == *bos) ++count;
  const size_t wanted = settings_->bos == BosHandling::kAlways  ? 1
                        : settings_->bos == BosHandling::kNever ? 0
                                                                : std::min<size_t>(count, 1);
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count));
  ids.insert(ids.begin(), wanted, *bos);
  return ids;
}

absl::StatusOr<size_t> PromptForm::TokensBehind() const {
  constexpr absl::string_view kText = "A";
  ASSAY_ASSIGN_OR_RETURN(const std::vector<int32_t> plain, codec_->EncodePlain(kText));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<int32_t> ids, codec_->Encode(kText));
  const auto own = std::find_end(ids.begin(), ids.end(), plain.begin(), plain.end());
  if (own == ids.end()) return size_t{0};
  return static_cast<size_t>(ids.end() - own) - plain.size();
}

}  // namespace assay
