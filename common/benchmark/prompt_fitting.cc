#include <utility>

#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"

namespace assay {

absl::StatusOr<FittedPrompt> FitPrompt(
    const Benchmark& benchmark, const ProtocolSpec& protocol, const Item& item,
    absl::Span<const Item> shots,
    const std::function<absl::StatusOr<int64_t>(absl::string_view)>& count_tokens, int variant) {
  FittedPrompt prompt;
  for (size_t used = shots.size();; --used) {
    prompt.text = benchmark.RenderVariant(protocol, item, shots.first(used), variant);
    prompt.shots_used = static_cast<int>(used);
    ASSAY_ASSIGN_OR_RETURN(const int64_t tokens, count_tokens(prompt.text));
    if (tokens <= protocol.max_input) return prompt;
    if (used == 0) break;
  }
  prompt.over_max_input = true;
  return prompt;
}

}  // namespace assay
