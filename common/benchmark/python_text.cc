#include "common/benchmark/python_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 29> kSpaces = {
    "\t",     "\n",     "\v",     "\f",     "\r",     "\x1c",   "\x1d",   "\x1e",
    "\x1f",   " ",      "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
    "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
    "\u2028", "\u2029", "\u202f", "\u205f", "\u3000",
};

bool RemoveSpacePrefix(absl::string_view* text) {
  for (absl::string_view space : kSpaces) {
    if (absl::StartsWith(*text, space)) {
      text->remove_prefix(space.size());
      return true;
    }
  }
  return false;
}

bool RemoveSpaceSuffix(absl::string_view* text) {
  for (absl::string_view space : kSpaces) {
    if (absl::EndsWith(*text, space)) {
      text->remove_suffix(space.size());
      return true;
    }
  }
  return false;
}

}  // namespace

absl::string_view PythonStrip(absl::string_view text) {
  while (RemoveSpacePrefix(&text)) {
  }
  while (RemoveSpaceSuffix(&text)) {
  }
  return text;
}

std::optional<double> PythonFloat(absl::string_view text) {
  text = PythonStrip(text);
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      digits.push_back(text[i]);
      continue;
    }
    const bool between_digits = i > 0 && absl::ascii_isdigit(text[i - 1]) && i + 1 < text.size() &&
                                absl::ascii_isdigit(text[i + 1]);
    if (!between_digits) return std::nullopt;
  }
  // What C++ takes and Python does not: "nan(...)". The sign is taken apart, since from_chars knows
  // no plus.
  absl::string_view number = digits;
  const bool negative = absl::ConsumePrefix(&number, "-");
  if (!negative) absl::ConsumePrefix(&number, "+");
  if (number.empty() || number[0] == '-' || number[0] == '+' || number.back() == ')') {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (end != number.data() + number.size() || error == std::errc::invalid_argument) {
    return std::nullopt;
  }
  // Out of range: Python gives an infinity for what is too large, and zero for what is too small.
  if (error == std::errc::result_out_of_range && !absl::SimpleAtod(number, &value)) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::string PythonFloatRepr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // "d.ddde-XX": the shortest digits and the decimal exponent, which are then laid out as Python
  // does.
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(value),
                                 std::chars_format::scientific);
  const absl::string_view text(buffer.data(), end.ptr - buffer.data());
  const size_t mark = text.find('e');
  std::string digits(text.substr(0, mark));
  if (digits.size() > 1) digits.erase(1, 1);
  int exponent = 0;
  (void)absl::SimpleAtoi(text.substr(mark + 1), &exponent);

  const std::string sign = std::signbit(value) ? "-" : "";
  const int size = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    const std::string fraction = size > 1 ? absl::StrCat(".", digits.substr(1)) : "";
    return absl::StrFormat("%s%c%se%c%02d", sign, digits[0], fraction, exponent < 0 ? '-' : '+',
                           std::abs(exponent));
  }
  if (exponent < 0) return absl::StrCat(sign, "0.", std::string(-exponent - 1, '0'), digits);
  if (size <= exponent + 1) {
    return absl::StrCat(sign, digits, std::string(exponent + 1 - size, '0'), ".0");
  }
  return absl::StrCat(sign, digits.substr(0, exponent + 1), ".", digits.substr(exponent + 1));
}

}  // namespace assay
