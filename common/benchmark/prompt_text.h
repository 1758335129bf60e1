// What the benchmarks' prompts have in common.
#ifndef ASSAY_COMMON_BENCHMARK_PROMPT_TEXT_H_
#define ASSAY_COMMON_BENCHMARK_PROMPT_TEXT_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/domain/item.h"

namespace assay {

// A field of the item; empty where it has none of this name.
absl::string_view FieldOf(const Item& item, const std::string& name);

// Each shot's question, a space, its target and an empty line; then the item's question.
std::string RenderAfterShots(const Item& item, absl::Span<const Item> shots,
                             absl::FunctionRef<std::string(const Item&)> question);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_PROMPT_TEXT_H_
