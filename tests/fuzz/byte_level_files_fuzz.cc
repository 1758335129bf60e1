// Any bytes as vocab.json and merges.txt, with a zero byte between them: they are refused, or make
// a tokenizer.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/tokenizer_fuzz.h"
#include "worker/tokenizer/byte_level_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = bytes.find('\0');
  if (end == absl::string_view::npos) return 0;
  assay::TokenizerSettings settings;
  settings.class_name = "GPT2Tokenizer";
  const auto built = assay::BuildByteLevelTokenizer("vocab.json", bytes.substr(0, end),
                                                    "merges.txt", bytes.substr(end + 1), settings);
  if (built.ok()) assay::UseJson(built->json);
  return 0;
}
