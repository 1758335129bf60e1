// What a SentencePiece tokenizer does to text before and after its model, as parts of a
// tokenizer.json.
#ifndef ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_TEXT_H_
#define ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_TEXT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/tokenizer/sentencepiece_model.h"
#include "worker/tokenizer/tokenizer_json.h"

namespace assay {

struct SentencePieceText {
  // A space before the text: none, before every run of text, or before the first one only.
  enum class Prefix { kNone, kEveryRun, kFirstRun };
  Prefix prefix = Prefix::kNone;
  bool chatglm_6b = false;  // its spelling of white space, see chatglm_tokens.h
};

// T5's: normalizer, pre-tokenizer and decoder of `parts`.
void SetT5Text(const SentencePieceModel& model, SentencePieceText::Prefix prefix,
               TokenizerParts& parts);

// The model's own. `whole_words`: pieces that are cut out as they are before the model runs.
void SetSentencePieceText(const SentencePieceModel& model, const SentencePieceText& text,
                          absl::Span<const std::string> whole_words, TokenizerParts& parts);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_TEXT_H_
