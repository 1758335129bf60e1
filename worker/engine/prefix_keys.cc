#include "worker/engine/prefix_keys.h"

namespace assay {

int32_t PrefixKeys::Acquire(absl::Span<const int32_t> prefix) {
  Use& use = uses_[{prefix.begin(), prefix.end()}];
  if (use.count++ == 0) use.key = --last_key_;
  return use.key;
}

void PrefixKeys::Release(absl::Span<const int32_t> prefix) {
  const auto found = uses_.find({prefix.begin(), prefix.end()});
  if (--found->second.count == 0) uses_.erase(found);
}

}  // namespace assay
