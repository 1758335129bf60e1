// A tokenizer.json from the vocabulary inside a GGUF file.
//
// What the file leaves open is as in llama.cpp:
//   model "llama": BOS is added and EOS is not; a space is put before the text and after every
//     special token; the ids of BOS, EOS and unknown are 1, 2 and 0.
//   model "gpt2": neither is added, except BOS by the pre-tokenizers of Llama 3 and Tekken; there
//     are no default ids. A file without the pre-tokenizer's name is refused: guessing it would
//     tokenize wrongly without a sign.
#ifndef ASSAY_WORKER_TOKENIZER_GGUF_TOKENIZER_H_
#define ASSAY_WORKER_TOKENIZER_GGUF_TOKENIZER_H_

#include <string>

#include "absl/status/statusor.h"
#include "worker/tokenizer/gguf_vocabulary.h"
#include "worker/tokenizer/special_tokens.h"

namespace assay {

// Control and unknown tokens, BOS and EOS become special tokens; user-defined ones are added tokens
// that are not special. The vocabulary is untrusted: InvalidArgument names the file and the key of
// an unknown model or pre-tokenizer, ids out of range, duplicate tokens, text that is not UTF-8,
// lists of different lengths, and merges that name tokens that are not there.
absl::StatusOr<std::string> GgufTokenizerJson(const GgufVocabulary& vocabulary);

// Of a vocabulary that GgufTokenizerJson accepts.
SpecialTokens GgufSpecialTokens(const GgufVocabulary& vocabulary);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_GGUF_TOKENIZER_H_
