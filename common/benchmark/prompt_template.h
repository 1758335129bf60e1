// What is put around a protocol's prompt (PromptTemplate in common/domain/run_settings.h).
#ifndef ASSAY_COMMON_BENCHMARK_PROMPT_TEMPLATE_H_
#define ASSAY_COMMON_BENCHMARK_PROMPT_TEMPLATE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// Stanford Alpaca's template for an instruction without an input, as INSTRUCTEVAL writes it;
// `system_prompt`, where it is not empty, stands in the place of the preamble.
std::string AlpacaPrompt(absl::string_view system_prompt, absl::string_view prompt);

// For people, where the model's chat template itself is not at hand: the messages it is given.
std::string DescribeChatMessages(absl::string_view system_prompt, absl::string_view prompt);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_PROMPT_TEMPLATE_H_
