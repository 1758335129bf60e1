#include "client/output/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace assay {
namespace {

struct Character {
  char32_t code = 0;
  size_t bytes = 1;
  bool valid = false;
};

// The first character of `text`, which is not empty.
Character Decode(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code = lead & (0xFF >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kSmallest[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, bytes, true};
}

int Width(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  static constexpr Range kZero[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},
                                    {0x610, 0x61A},   {0x64B, 0x65F},   {0x200B, 0x200F},
                                    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
  static constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                                    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                                    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                                    {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  const auto within = [&](const Range& range) { return range.first <= code && code <= range.last; };
  if (std::any_of(std::begin(kZero), std::end(kZero), within)) return 0;
  return std::any_of(std::begin(kWide), std::end(kWide), within) ? 2 : 1;
}

// Controls, and the marks that reorder a line (U+202A..U+202E, U+2066..U+2069).
bool SteersTerminal(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::string Escape(absl::string_view text, bool one_line) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character next = Decode(text);
    const absl::string_view bytes = text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
    if (next.valid && !SteersTerminal(next.code) && !(one_line && next.code == '\\')) {
      absl::StrAppend(&result, bytes);
    } else if (!one_line && (next.code == '\n' || next.code == '\t')) {
      absl::StrAppend(&result, bytes);
    } else if (next.code == '\\') {
      result += "\\\\";
    } else if (next.code == '\n') {
      result += "\\n";
    } else if (next.code == '\t') {
      result += "\\t";
    } else if (next.code == '\r') {
      result += "\\r";
    } else {
      for (const char c : bytes) {
        absl::StrAppendFormat(&result, "\\x%02x", static_cast<unsigned char>(c));
      }
    }
  }
  return result;
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Character next = Decode(text);
    width += next.valid ? Width(next.code) : 1;
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string EscapeLine(absl::string_view text) { return Escape(text, /*one_line=*/true); }

std::string EscapeControls(absl::string_view text) { return Escape(text, /*one_line=*/false); }

std::string Ellipsize(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::string result;
  int used = 0;
  while (!text.empty()) {
    const Character next = Decode(text);
    const int columns = next.valid ? Width(next.code) : 1;
    if (used + columns > width - 1) break;
    absl::StrAppend(&result, text.substr(0, next.bytes));
    used += columns;
    text.remove_prefix(next.bytes);
  }
  return width > 0 ? result + "…" : "";
}

std::string HumanCount(double value) {
  constexpr std::array<absl::string_view, 5> kUnits = {"", "k", "M", "G", "T"};
  size_t unit = 0;
  while (unit + 1 < kUnits.size() && value >= 999.5) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0) {
    return value < 10 && value != std::floor(value) ? absl::StrFormat("%.1f", value)
                                                    : absl::StrFormat("%.0f", value);
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return absl::StrFormat("%.*f%s", decimals, value, kUnits[unit]);
}

std::string HumanDuration(absl::Duration duration) {
  const int64_t seconds = std::max<int64_t>(
      0, std::llround(absl::ToDoubleSeconds(std::min(duration, absl::Hours(9999)))));
  const int64_t hours = seconds / 3600;
  const int64_t minutes = seconds / 60 % 60;
  if (hours > 0) return absl::StrFormat("%d:%02d:%02d", hours, minutes, seconds % 60);
  return absl::StrFormat("%d:%02d", minutes, seconds % 60);
}

std::string HumanTime(absl::Time time, absl::TimeZone zone) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", time, zone);
}

std::string GroupedDigits(int64_t value) {
  std::string digits = absl::StrCat(value);
  const size_t first = value < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

}  // namespace assay
