// Small vocabularies, as GGUF files have them.
#ifndef ASSAY_TESTS_UNIT_WORKER_TOKENIZER_TEST_VOCABULARIES_H_
#define ASSAY_TESTS_UNIT_WORKER_TOKENIZER_TEST_VOCABULARIES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "worker/tokenizer/gguf_tokenizer.h"
#include "worker/tokenizer/gguf_vocabulary.h"
#include "worker/tokenizer/tokenizer.h"

namespace assay {

// The character that byte-level tokenizers write for a byte, in UTF-8.
inline std::string ByteLevelCharacter(int byte) {
  const auto printable = [](int b) {
    return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
  };
  int code = byte;
  if (!printable(byte)) {
    code = 0x100;
    for (int b = 0; b < byte; ++b) code += printable(b) ? 0 : 1;
  }
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

// Ids: 0 to 255 are the bytes; then "he" 256, "ll" 257, "hell" 258, "hello" 259, "Ġ"+"h" 260, "Ġhe"
// 261, "12" 262, "\n\n" 263; <bos> 264 and <eos> 265 are control tokens, <note> 266 is
// user-defined.
inline GgufVocabulary ByteLevelVocabulary() {
  GgufVocabulary vocabulary;
  vocabulary.file = "tiny.gguf";
  vocabulary.model = "gpt2";
  vocabulary.pre = "smollm";
  for (int byte = 0; byte < 256; ++byte) vocabulary.tokens.push_back(ByteLevelCharacter(byte));
  const std::string space = ByteLevelCharacter(' ');
  const std::string newline = ByteLevelCharacter('\n');
  for (const std::string& token : std::vector<std::string>{
           "he", "ll", "hell", "hello", absl::StrCat(space, "h"), absl::StrCat(space, "he"), "12",
           absl::StrCat(newline, newline), "<bos>", "<eos>", "<note>"}) {
    vocabulary.tokens.push_back(token);
  }
  vocabulary.token_types.assign(vocabulary.tokens.size(),
                                static_cast<int32_t>(GgufTokenType::kNormal));
  vocabulary.token_types[264] = static_cast<int32_t>(GgufTokenType::kControl);
  vocabulary.token_types[265] = static_cast<int32_t>(GgufTokenType::kControl);
  vocabulary.token_types[266] = static_cast<int32_t>(GgufTokenType::kUserDefined);
  vocabulary.merges = {"h e",
                       "l l",
                       "he ll",
                       "hell o",
                       absl::StrCat(space, " h"),
                       absl::StrCat(space, "h e"),
                       "1 2",
                       absl::StrCat(newline, " ", newline)};
  vocabulary.bos_id = 264;
  vocabulary.eos_id = 265;
  return vocabulary;
}

// Ids: <unk> 0, <s> 1, </s> 2, the bytes 3 to 258, then "▁" 259, "a" 260, "b" 261, "c" 262, "ab"
// 263, "bc" 264, "▁a" 265, "abc" 266; <user> 267 is user-defined. "bc" has a better score than
// "ab".
inline GgufVocabulary SentencePieceVocabulary() {
  GgufVocabulary vocabulary;
  vocabulary.file = "tiny.gguf";
  vocabulary.model = "llama";
  const auto add = [&](const std::string& token, float score, GgufTokenType type) {
    vocabulary.tokens.push_back(token);
    vocabulary.scores.push_back(score);
    vocabulary.token_types.push_back(static_cast<int32_t>(type));
  };
  add("<unk>", 0, GgufTokenType::kUnknown);
  add("<s>", 0, GgufTokenType::kControl);
  add("</s>", 0, GgufTokenType::kControl);
  for (int byte = 0; byte < 256; ++byte) {
    add(absl::StrFormat("<0x%02X>", byte), 0, GgufTokenType::kByte);
  }
  add("\u2581", -10, GgufTokenType::kNormal);
  add("a", -11, GgufTokenType::kNormal);
  add("b", -12, GgufTokenType::kNormal);
  add("c", -13, GgufTokenType::kNormal);
  add("ab", -3, GgufTokenType::kNormal);
  add("bc", -1, GgufTokenType::kNormal);
  add("\u2581a", -2, GgufTokenType::kNormal);
  add("abc", -4, GgufTokenType::kNormal);
  add("<user>", 0, GgufTokenType::kUserDefined);
  return vocabulary;
}

inline absl::StatusOr<std::unique_ptr<Tokenizer>> BuildTokenizer(const GgufVocabulary& vocabulary) {
  absl::StatusOr<std::string> json = GgufTokenizerJson(vocabulary);
  if (!json.ok()) return json.status();
  return Tokenizer::FromJson(*json);
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_TOKENIZER_TEST_VOCABULARIES_H_
