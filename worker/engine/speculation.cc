#include "worker/engine/speculation.h"

#include <algorithm>

namespace assay {
namespace {

constexpr int64_t kMostDrafts = 16;

}  // namespace

std::vector<int32_t> LookUpDraft(absl::Span<const int32_t> tokens, int64_t most) {
  for (const size_t words : {size_t{3}, size_t{2}}) {
    if (tokens.size() <= words || most <= 0) continue;
    const absl::Span<const int32_t> last = tokens.subspan(tokens.size() - words);
    for (size_t at = tokens.size() - words; at-- > 0;) {
      if (!std::equal(last.begin(), last.end(), tokens.begin() + static_cast<int64_t>(at))) {
        continue;
      }
      const absl::Span<const int32_t> draft = tokens.subspan(at + words, static_cast<size_t>(most));
      return {draft.begin(), draft.end()};
    }
  }
  return {};
}

int64_t NextDraftLimit(int64_t limit, int64_t drafted, int64_t accepted) {
  if (accepted == drafted) return std::min(kMostDrafts, 2 * limit);
  return std::max<int64_t>(1, accepted > 0 ? accepted + 1 : limit / 2);
}

}  // namespace assay
