// Prompt look-up decoding (Saxena 2023): what followed the same words earlier in the sequence is
// guessed to follow again. The guesses are computed in one pass and kept as far as the model
// agrees, so the output is the same, token for token: a token is a pure function of the logits and
// of its place, whether it is sampled or greedy.
#ifndef ASSAY_WORKER_ENGINE_SPECULATION_H_
#define ASSAY_WORKER_ENGINE_SPECULATION_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace assay {

// At most `most` tokens that may follow `tokens`: those behind the last earlier occurrence of its
// last three tokens, else of its last two. Empty when there is none.
std::vector<int32_t> LookUpDraft(absl::Span<const int32_t> tokens, int64_t most);

// How many tokens to guess after `drafted` were guessed and `accepted` of them were right, when
// `limit` were allowed: more while all are right, fewer and in the end one when none is.
int64_t NextDraftLimit(int64_t limit, int64_t drafted, int64_t accepted);

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_SPECULATION_H_
