#include "common/benchmark/utf8.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace assay {
namespace {

constexpr size_t kExcerptBytes = 40;

bool InRange(uint8_t byte, uint8_t low, uint8_t high) { return low <= byte && byte <= high; }

// The number of bytes of the well-formed character at the start of `text`, which is not empty; 0
// when there is none.
size_t CharacterSize(absl::string_view text) {
  const uint8_t lead = text[0];
  if (lead < 0x80) return 1;
  size_t size = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  if (InRange(lead, 0xC2, 0xDF)) {
    size = 2;
  } else if (InRange(lead, 0xE0, 0xEF)) {
    size = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (InRange(lead, 0xF0, 0xF4)) {
    size = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < size || !InRange(text[1], low, high)) return 0;
  for (size_t i = 2; i < size; ++i) {
    if (!InRange(text[i], 0x80, 0xBF)) return 0;
  }
  return size;
}

}  // namespace

size_t FindInvalidUtf8(absl::string_view text) {
  size_t offset = 0;
  while (offset < text.size()) {
    const size_t size = CharacterSize(text.substr(offset));
    if (size == 0) return offset;
    offset += size;
  }
  return absl::string_view::npos;
}

uint32_t TakeUtf8Character(absl::string_view* text) {
  constexpr uint32_t kReplacement = 0xFFFD;
  const size_t size = CharacterSize(*text);
  const uint8_t lead = (*text)[0];
  uint32_t character = kReplacement;
  if (size == 1) character = lead;
  if (size > 1) {
    character = lead & (0xFF >> (size + 1));
    for (size_t i = 1; i < size; ++i) {
      character = character << 6 | (static_cast<uint8_t>((*text)[i]) & 0x3F);
    }
  }
  text->remove_prefix(std::max<size_t>(size, 1));
  return character;
}

void AppendUtf8Character(uint32_t character, std::string* text) {
  if (character < 0x80) {
    text->push_back(static_cast<char>(character));
    return;
  }
  const int following = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  const uint32_t mark = (0xFF00 >> (following + 1)) & 0xFF;
  text->push_back(static_cast<char>(mark | character >> (6 * following)));
  for (int i = following - 1; i >= 0; --i) {
    text->push_back(static_cast<char>(0x80 | (character >> (6 * i) & 0x3F)));
  }
}

int64_t LineOfOffset(absl::string_view content, size_t offset) {
  int64_t line = 1;
  for (size_t i = 0; i < std::min(offset, content.size()); ++i) {
    const bool returns = content[i] == '\r' && (i + 1 == content.size() || content[i + 1] != '\n');
    if (content[i] == '\n' || returns) ++line;
  }
  return line;
}

absl::Status CheckText(absl::string_view path, absl::string_view content, int64_t first_line) {
  const size_t invalid = FindInvalidUtf8(content);
  if (invalid != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s:%d: byte 0x%02x is not UTF-8; save the file as UTF-8", path,
        first_line - 1 + LineOfOffset(content, invalid), static_cast<uint8_t>(content[invalid])));
  }
  const size_t nul = content.find('\0');
  if (nul != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ":", first_line - 1 + LineOfOffset(content, nul), ": a NUL character; remove it"));
  }
  return absl::OkStatus();
}

int64_t CountCharacters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

std::string Excerpt(absl::string_view text) {
  const bool cut = text.size() > kExcerptBytes;
  size_t size = std::min(text.size(), kExcerptBytes);
  // A cut inside a character would show its first bytes as escapes.
  while (cut && size > 0 && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) --size;
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text.substr(0, size)), cut ? "..." : "", "\"");
}

}  // namespace assay
