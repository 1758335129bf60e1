#include "worker/tokenizer/chat_template.h"

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "worker/tokenizer/rust_values.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;

Json MessageList(absl::Span<const ChatMessage> messages) {
  Json list = Json::array();
  for (const ChatMessage& message : messages) {
    list.push_back({{"role", message.role}, {"content", message.content}});
  }
  return list;
}

// A token that the model lacks stays undefined: templates ask "if bos_token is defined".
Json Variables(const SpecialTokens& tokens) {
  Json variables = Json::object();
  if (!tokens.bos.empty()) variables["bos_token"] = tokens.bos;
  if (!tokens.eos.empty()) variables["eos_token"] = tokens.eos;
  if (!tokens.unk.empty()) variables["unk_token"] = tokens.unk;
  if (!tokens.pad.empty()) variables["pad_token"] = tokens.pad;
  return variables;
}

}  // namespace

absl::StatusOr<std::string> RenderChat(absl::string_view chat_template,
                                       absl::Span<const ChatMessage> messages,
                                       bool add_generation_prompt,
                                       const SpecialTokens& special_tokens) {
  if (chat_template.empty()) {
    return absl::InvalidArgumentError("the model has no chat template");
  }
  std::string message_json;
  std::string variable_json;
  try {
    message_json = MessageList(messages).dump();
    variable_json = Variables(special_tokens).dump();
  } catch (const Json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("chat messages are not UTF-8: ", error.what()));
  }
  RustText text;
  RustText error;
  if (!assay_chat_render(chat_template.data(), chat_template.size(), message_json.data(),
                         message_json.size(), variable_json.data(), variable_json.size(),
                         add_generation_prompt, text.out(), error.out())) {
    return RustError("chat template", error);
  }
  return std::string(text.view());
}

}  // namespace assay
