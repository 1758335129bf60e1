#include "common/benchmark/prompt_template.h"

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr absl::string_view kAlpacaPreamble =
    "Below is an instruction that describes a task. Write a response that appropriately completes "
    "the request.";

}  // namespace

std::string AlpacaPrompt(absl::string_view system_prompt, absl::string_view prompt) {
  return absl::StrCat(system_prompt.empty() ? kAlpacaPreamble : system_prompt,
                      "\n\n### Instruction:\n", prompt, "\n\n### Response:");
}

std::string DescribeChatMessages(absl::string_view system_prompt, absl::string_view prompt) {
  std::string text;
  if (!system_prompt.empty()) absl::StrAppend(&text, "[system]\n", system_prompt, "\n");
  absl::StrAppend(&text, "[user]\n", prompt, "\n[assistant]\n");
  return text;
}

}  // namespace assay
