// A tokenizer.json from a SentencePiece model and the settings of its folder.
//
// T5's kind is converted as transformers' T5Converter does it: words are cut at spaces first. All
// others follow the model's own normalizer, as the slow tokenizers of transformers and the classes
// that models bring along do, one run of text between two special tokens at a time.
#ifndef ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_TOKENIZER_H_
#define ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_TOKENIZER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/built_tokenizer.h"
#include "worker/tokenizer/sentencepiece_model.h"
#include "worker/tokenizer/tokenizer_settings.h"

namespace assay {

// `file` names the model in messages; the name ice_text.model tells ChatGLM-6B from its successors.
// InvalidArgument where the model and the settings contradict each other.
absl::StatusOr<BuiltTokenizer> BuildSentencePieceTokenizer(absl::string_view file,
                                                           const SentencePieceModel& model,
                                                           const TokenizerSettings& settings);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_SENTENCEPIECE_TOKENIZER_H_
