// UTF-8 of untrusted files.
#ifndef ASSAY_WORKER_TOKENIZER_UTF8_H_
#define ASSAY_WORKER_TOKENIZER_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// The bytes of the well-formed character that `text` begins with; 0: it begins with none.
size_t Utf8CharacterSize(absl::string_view text);

// The offset of the first byte that is not part of a well-formed character; the size when all are.
inline size_t Utf8ValidUpTo(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t size = Utf8CharacterSize(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

inline bool IsUtf8(absl::string_view text) { return Utf8ValidUpTo(text) == text.size(); }

// With U+FFFD for every part that is not UTF-8, as Unicode recommends: one for the longest start of
// a character that is cut off, one for each other byte.
std::string ReplaceIllFormedUtf8(absl::string_view text);

inline bool IsUtf8CharacterStart(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) != 0x80; }

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_UTF8_H_
