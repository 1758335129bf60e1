// Any bytes after the 256 lines that every file of tiktoken needs: they are refused, or make a
// tokenizer.
#include <cstddef>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/fuzz/tokenizer_fuzz.h"
#include "worker/tokenizer/tiktoken_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto& bytes = *new std::string([] {
    std::string lines;
    for (int byte = 0; byte < 256; ++byte) {
      absl::StrAppend(&lines, absl::Base64Escape(std::string(1, static_cast<char>(byte))), " ",
                      byte, "\n");
    }
    return lines;
  }());
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  (void)assay::LooksLikeTiktoken(input);
  assay::TokenizerSettings settings;
  settings.added[5000] = {.content = "<|begin_of_text|>", .special = true};
  const auto built =
      assay::BuildTiktokenTokenizer("tokenizer.model", absl::StrCat(bytes, input), settings);
  if (built.ok()) assay::UseJson(built->json);
  return 0;
}
