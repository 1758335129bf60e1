// A sequence of tokens on its way through the model.
#ifndef ASSAY_WORKER_ENGINE_SEQUENCE_H_
#define ASSAY_WORKER_ENGINE_SEQUENCE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "worker/engine/kv_cache.h"
#include "worker/engine/sampler.h"

namespace assay {

struct Sequence {
  uint64_t request_id = 0;
  // The choice whose later tokens this sequence scores, or -1: the request's prompt itself.
  int choice = -1;
  std::vector<int32_t> tokens;  // the prompt, and what was generated
  int64_t first_output =
      0;  // logits are wanted from this position on; those before are not, or were accepted
  int64_t most_tokens = 0;    // that will ever be computed
  int64_t cached_tokens = 0;  // found in the cache at the first admission
  bool admitted = false;
  bool generates = false;
  TokenSampling sampling;     // where it generates
  int64_t prompt_tokens = 0;  // of `tokens`
  int64_t prefix = 0;         // of `tokens`, those that see one another (CausalLm)
  int32_t prefix_key = 0;     // what the cache knows the prefix by (prefix_keys.h)
  // Of an encoder-decoder: how many of the prefix its encoder reads. The rest fills the prefix's
  // last block, and is no token (-1); behind it is the decoder's.
  int64_t encoder_tokens = 0;
  // The last tokens of `tokens` that are only guessed, and how many may be guessed next time.
  int64_t drafts = 0;
  int64_t draft_limit = 4;
  KvCache::Hold hold;  // hold.tokens of `tokens` are computed

  absl::Span<const int32_t> prefix_tokens() const {
    return absl::MakeConstSpan(tokens).first(static_cast<size_t>(prefix));
  }
  // Tokens that are not computed yet, without guesses.
  int64_t remaining() const { return static_cast<int64_t>(tokens.size()) - drafts - hold.tokens; }
};

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_SEQUENCE_H_
