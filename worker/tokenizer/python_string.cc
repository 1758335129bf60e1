#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "worker/tokenizer/rwkv_vocabulary.h"
#include "worker/tokenizer/utf8.h"

namespace assay {
namespace {

// Takes `count` hexadecimal digits from the front. False: there are not so many.
bool TakeHex(absl::string_view& text, size_t count, uint32_t& value) {
  if (text.size() < count) return false;
  value = 0;
  for (size_t i = 0; i < count; ++i) {
    const char digit = text[i];
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(digit))) return false;
    const int number = absl::ascii_isdigit(static_cast<unsigned char>(digit))
                           ? digit - '0'
                           : absl::ascii_tolower(static_cast<unsigned char>(digit)) - 'a' + 10;
    value = value * 16 + static_cast<uint32_t>(number);
  }
  text.remove_prefix(count);
  return true;
}

// False: it is no character, or a surrogate.
bool AppendUtf8(uint32_t code, std::string& out) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

// What follows a backslash.
bool TakeEscape(absl::string_view& text, bool bytes, std::string& out) {
  if (text.empty()) return false;
  const char kind = text.front();
  text.remove_prefix(1);
  uint32_t code = 0;
  switch (kind) {
    case 'n':
      out += '\n';
      return true;
    case 't':
      out += '\t';
      return true;
    case 'r':
      out += '\r';
      return true;
    case '\\':
    case '\'':
    case '"':
      out += kind;
      return true;
    case 'x':
      if (!TakeHex(text, 2, code)) return false;
      if (!bytes) return AppendUtf8(code, out);
      out += static_cast<char>(code);
      return true;
    case 'u':
      return !bytes && TakeHex(text, 4, code) && AppendUtf8(code, out);
    case 'U':
      return !bytes && TakeHex(text, 8, code) && AppendUtf8(code, out);
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<std::string> ParsePythonString(absl::string_view literal) {
  const bool bytes = absl::ConsumePrefix(&literal, "b");
  if (literal.size() < 2 || (literal.front() != '\'' && literal.front() != '"') ||
      literal.back() != literal.front()) {
    return absl::InvalidArgumentError("not in quotation marks");
  }
  const char quote = literal.front();
  literal = literal.substr(1, literal.size() - 2);
  std::string result;
  while (!literal.empty()) {
    const char c = literal.front();
    if (c == quote) return absl::InvalidArgumentError("it ends in the middle");
    if (c == '\\') {
      literal.remove_prefix(1);
      if (!TakeEscape(literal, bytes, result)) {
        return absl::InvalidArgumentError("a wrong escape sequence");
      }
      continue;
    }
    const size_t size = Utf8CharacterSize(literal);
    if (size == 0 || (bytes && size > 1)) {
      return absl::InvalidArgumentError(bytes ? "bytes beyond ASCII" : "not UTF-8");
    }
    absl::StrAppend(&result, literal.substr(0, size));
    literal.remove_prefix(size);
  }
  return result;
}

}  // namespace assay
