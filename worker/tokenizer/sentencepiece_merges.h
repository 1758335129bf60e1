// The merges of a SentencePiece BPE vocabulary, which stores scores instead.
#ifndef ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MERGES_H_
#define ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MERGES_H_

#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "worker/tokenizer/gguf_vocabulary.h"

namespace assay {

// SentencePiece joins two neighbours whenever the vocabulary has their concatenation, the highest
// score first. A list of merges does the same when it has every way to cut each token into two
// tokens, ordered by the whole token's score; equal scores go by the ids of whole, left, right.
// Tokens that never come from merging (control, unknown, user-defined, byte) take no part.
//
// One thing cannot be said by merges: of two overlapping cuts of the same token SentencePiece takes
// the leftmost, merges the one that is first in the list. Vocabularies trained by SentencePiece
// show no difference.
//
// Needs one score and, where types are given, one type a token, and valid UTF-8. The views are into
// `vocabulary.tokens`.
std::vector<std::pair<absl::string_view, absl::string_view>> SentencePieceMerges(
    const GgufVocabulary& vocabulary);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_MERGES_H_
