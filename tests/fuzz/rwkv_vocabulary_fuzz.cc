// Any bytes after the 256 lines that every vocabulary of RWKV needs: they are refused, or make a
// tokenizer.
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/fuzz/tokenizer_fuzz.h"
#include "worker/tokenizer/rwkv_vocabulary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& bytes = *new std::string([] {
    std::string lines;
    for (int byte = 0; byte < 256; ++byte) {
      absl::StrAppend(&lines, absl::StrFormat("%d b'\\x%02x' 1\n", byte + 1, byte));
    }
    return lines;
  }());
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const auto codec = assay::OpenRwkvVocabulary("rwkv.txt", absl::StrCat(bytes, input));
  if (codec.ok()) assay::UseCodec(**codec);
  return 0;
}
