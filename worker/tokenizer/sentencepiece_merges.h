// The merges of a SentencePiece BPE vocabulary, which stores scores instead.
#ifndef ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MERGES_H_
#define ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MERGES_H_

#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace assay {

struct ScoredToken {
  absl::string_view text;
  float score = 0;
};

// SentencePiece joins two neighbours whenever the vocabulary has their concatenation, the highest
// score first. A list of merges does the same when it has every way to cut each token into two
// tokens, ordered by the whole token's score; of equal scores that with the longer left part, then
// the longer right part, then the earlier token comes first, as in transformers.
//
// One thing cannot be said by merges: of two overlapping cuts of the same token SentencePiece takes
// the leftmost, merges the one that is first in the list. Vocabularies trained by SentencePiece
// show no difference.
//
// `tokens` are those that merging may make or use: no control, unknown or byte tokens. They are
// valid UTF-8, and none is there twice. The views are into their texts.
std::vector<std::pair<absl::string_view, absl::string_view>> SentencePieceMerges(
    absl::Span<const ScoredToken> tokens);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MERGES_H_
