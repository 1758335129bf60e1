// A model's chat template: messages to the prompt that the model was trained with.
//
//   RenderChat(tokenizer.chat_template(), {{"user", "What is 2 + 2?"}},
//              /*add_generation_prompt=*/true, tokenizer.special_tokens());
#ifndef ASSAY_WORKER_TOKENIZER_CHAT_TEMPLATE_H_
#define ASSAY_WORKER_TOKENIZER_CHAT_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/tokenizer/special_tokens.h"

namespace assay {

struct ChatMessage {
  std::string role;  // "system", "user", "assistant"
  std::string content;
};

// Renders as transformers' apply_chat_template does: Jinja with trimmed blocks, loop controls,
// raise_exception, Python's string methods and its JSON. `add_generation_prompt` asks for the
// beginning of the assistant's answer. The date is not available to templates, so that a prompt is
// the same every day.
//
// The result is text with the special tokens spelled out; a template that writes the BOS token
// itself must be encoded without adding special tokens. InvalidArgument: the template is not valid,
// refuses the messages (with its own words), or runs for too long. Thread-safe.
absl::StatusOr<std::string> RenderChat(absl::string_view chat_template,
                                       absl::Span<const ChatMessage> messages,
                                       bool add_generation_prompt,
                                       const SpecialTokens& special_tokens);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_CHAT_TEMPLATE_H_
