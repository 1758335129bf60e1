#include "worker/tokenizer/utf8.h"

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

struct Start {
  size_t size = 0;      // of the character that `text` begins with
  size_t matching = 0;  // bytes of it that are there
};

Start ReadStart(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {1, 1};
  size_t size = 0;
  uint8_t low = 0x80;  // of the second byte: neither overlong forms nor surrogates
  uint8_t high = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    size = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    size = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    size = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  }
  size_t matching = 1;
  while (matching < size && matching < text.size() && byte(matching) >= low &&
         byte(matching) <= high) {
    ++matching;
    low = 0x80;
    high = 0xBF;
  }
  return {size, matching};
}

}  // namespace

size_t Utf8CharacterSize(absl::string_view text) {
  if (text.empty()) return 0;
  const Start start = ReadStart(text);
  return start.matching == start.size ? start.size : 0;
}

std::string ReplaceIllFormedUtf8(absl::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Start start = ReadStart(text);
    if (start.matching == start.size) {
      absl::StrAppend(&result, text.substr(0, start.size));
    } else {
      result += "\xEF\xBF\xBD";
    }
    text.remove_prefix(start.matching);
  }
  return result;
}

}  // namespace assay
