// RWKV's "world" tokenizer: a vocabulary of byte strings, of which always the longest that fits is
// taken.
#ifndef ASSAY_WORKER_TOKENIZER_RWKV_VOCABULARY_H_
#define ASSAY_WORKER_TOKENIZER_RWKV_VOCABULARY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/token_codec.h"

namespace assay {

// The end of a text; the file does not list it. Nothing is added to texts, and it is not looked for
// in them.
constexpr absl::string_view kRwkvEndToken = "<|endoftext|>";
constexpr int32_t kRwkvEndId = 0;

// `content` of rwkv_vocab_v20230424.txt: lines of an id, a string or bytes as Python writes them,
// and the number of bytes. Every byte must have a token. InvalidArgument names `file` and the line.
absl::StatusOr<std::unique_ptr<TokenCodec>> OpenRwkvVocabulary(absl::string_view file,
                                                               absl::string_view content);

// The bytes of a Python literal, 'text' or b'bytes', as repr() writes it. InvalidArgument says what
// is wrong.
absl::StatusOr<std::string> ParsePythonString(absl::string_view literal);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_RWKV_VOCABULARY_H_
