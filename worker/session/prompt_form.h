// The form in which a run's prompts reach the model: the template around them, and the BOS token
// before them.
#ifndef ASSAY_WORKER_SESSION_PROMPT_FORM_H_
#define ASSAY_WORKER_SESSION_PROMPT_FORM_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/run_settings.h"
#include "worker/session/served_model.h"

namespace assay {

// Thread-safe.
class PromptForm {
 public:
  // Both must outlive the form.
  PromptForm(const RunSettings* settings, const TextCodec* codec)
      : settings_(settings), codec_(codec) {}

  // An error when the model lacks what the settings ask for: a chat template, one that takes these
  // messages, or a BOS token.
  absl::Status Check() const;
  // The prompt with the template around it.
  absl::StatusOr<std::string> Wrap(absl::string_view prompt) const;
  // The token ids of text that Wrap gave, or that begins with such text. BOS is there at most once
  // at the front.
  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view wrapped) const;
  // How many tokens the tokenizer puts behind every text, before which no continuation comes.
  absl::StatusOr<size_t> TokensBehind() const;
  // The beginning of the assistant's turn is the end of the prompt: what the model says follows
  // without a space.
  bool begins_turn() const { return settings_->prompt_template == PromptTemplate::kChat; }
  // Whether answers are texts of their own (TextCodec), and the token ids of one.
  bool answers_apart() const { return codec_->answers_apart(); }
  absl::StatusOr<std::vector<int32_t>> EncodeAnswer(absl::string_view answer) const {
    return codec_->EncodePlain(answer);
  }

 private:
  const RunSettings* settings_;
  const TextCodec* codec_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_PROMPT_FORM_H_
