// What every fuzzer of tokenizers does with one that could be opened.
#ifndef ASSAY_TESTS_FUZZ_TOKENIZER_FUZZ_H_
#define ASSAY_TESTS_FUZZ_TOKENIZER_FUZZ_H_

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/json_codec.h"
#include "worker/tokenizer/token_codec.h"
#include "worker/tokenizer/utf8.h"

namespace assay {

// Ids are within the vocabulary, and texts are UTF-8; errors are allowed.
inline void UseCodec(const TokenCodec& codec) {
  for (const absl::string_view text :
       {"", " ab  abc <s>a</s>\n\n\t1", "caf\xC3\xA9 e\xCC\x81 \xE2\x96\x81 \xF0\x9F\x98\x80"}) {
    const absl::StatusOr<std::vector<int32_t>> ids = codec.Encode(text, true);
    if (!ids.ok()) continue;
    for (const int32_t id : *ids) {
      if (id < 0 || id >= codec.vocabulary_size()) std::abort();
    }
    const absl::StatusOr<std::string> decoded = codec.Decode(*ids, true);
    if (decoded.ok() && !IsUtf8(*decoded)) std::abort();
  }
}

inline void UseJson(absl::string_view json) {
  const auto codec = OpenTokenizerJson(json);
  if (codec.ok()) UseCodec(**codec);
}

}  // namespace assay

#endif  // ASSAY_TESTS_FUZZ_TOKENIZER_FUZZ_H_
