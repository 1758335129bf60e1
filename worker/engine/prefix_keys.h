// What the cache knows prompts by whose tokens see one another. Keys and values of such a prefix
// follow from all of its tokens, so two prompts share them where the prefixes are equal throughout,
// and else none of them: each prefix is a word of its own, as long as the prefix.
#ifndef ASSAY_WORKER_ENGINE_PREFIX_KEYS_H_
#define ASSAY_WORKER_ENGINE_PREFIX_KEYS_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/types/span.h"

namespace assay {

// Not thread-safe.
class PrefixKeys {
 public:
  // A negative number, which is no token: the same for equal prefixes that are in use at one time,
  // and never again given to another.
  int32_t Acquire(absl::Span<const int32_t> prefix);
  // As often as Acquire.
  void Release(absl::Span<const int32_t> prefix);

 private:
  struct Use {
    int32_t key = 0;
    int64_t count = 0;
  };

  std::map<std::vector<int32_t>, Use> uses_;
  int32_t last_key_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_PREFIX_KEYS_H_
