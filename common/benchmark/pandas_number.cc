#include "common/benchmark/pandas_number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr int kMaxDigits = 17;
constexpr int kMaxExponent = 308;

// The double nearest to 10^exponent, 0 <= exponent <= 308.
double PowerOfTen(int exponent) {
  static const std::array<double, kMaxExponent + 1> powers = [] {
    std::array<double, kMaxExponent + 1> values;
    for (int i = 0; i <= kMaxExponent; ++i) {
      const std::string text = absl::StrCat("1e", i);
      std::from_chars(text.data(), text.data() + text.size(), values[i]);
    }
    return values;
  }();
  return powers[exponent];
}

bool StartsWithDigit(absl::string_view text) {
  return !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0]));
}

int TakeDigit(absl::string_view* text) {
  const int digit = text->front() - '0';
  text->remove_prefix(1);
  return digit;
}

// Takes a sign off the front; true for '-'.
bool TakeSign(absl::string_view* text) {
  const bool negative = absl::StartsWith(*text, "-");
  if (negative || absl::StartsWith(*text, "+")) text->remove_prefix(1);
  return negative;
}

// Takes "e-12" off the front, nothing when no digit follows.
int TakeExponent(absl::string_view* text) {
  if (!absl::StartsWithIgnoreCase(*text, "e")) return 0;
  absl::string_view rest = text->substr(1);
  const bool negative = TakeSign(&rest);
  if (!StartsWithDigit(rest)) return 0;
  constexpr int kEnough = 1'000'000;  // far beyond what a double holds, far below what an int does
  int exponent = 0;
  while (StartsWithDigit(rest)) exponent = std::min(exponent * 10 + TakeDigit(&rest), kEnough);
  *text = rest;
  return negative ? -exponent : exponent;
}

double Scale(double number, int exponent) {
  if (exponent > kMaxExponent) {
    return number == 0 ? 0 : std::numeric_limits<double>::infinity();
  }
  if (exponent > 0) return number * PowerOfTen(exponent);
  if (exponent >= -kMaxExponent) return number / PowerOfTen(-exponent);
  const int beyond = -kMaxExponent - exponent;
  if (beyond > kMaxExponent) return 0;
  return number / PowerOfTen(beyond) / PowerOfTen(kMaxExponent);
}

std::optional<double> ParseInfinity(absl::string_view text) {
  const bool negative = TakeSign(&text);
  if (!absl::EqualsIgnoreCase(text, "inf") && !absl::EqualsIgnoreCase(text, "infinity")) {
    return std::nullopt;
  }
  const double infinity = std::numeric_limits<double>::infinity();
  return negative ? -infinity : infinity;
}

std::optional<double> ParseDecimal(absl::string_view text) {
  text = absl::StripLeadingAsciiWhitespace(text);
  const bool negative = TakeSign(&text);
  double number = 0;
  int digits = 0;
  int exponent = 0;
  while (StartsWithDigit(text)) {
    const int digit = TakeDigit(&text);
    if (digits < kMaxDigits) {
      number = number * 10 + digit;
      ++digits;
    } else {
      ++exponent;
    }
  }
  if (absl::StartsWith(text, ".")) {
    text.remove_prefix(1);
    while (StartsWithDigit(text)) {
      const int digit = TakeDigit(&text);
      if (digits == kMaxDigits) continue;
      number = number * 10 + digit;
      ++digits;
      --exponent;
    }
  }
  if (digits == 0) return std::nullopt;
  exponent += TakeExponent(&text);
  if (!absl::StripLeadingAsciiWhitespace(text).empty()) return std::nullopt;
  number = Scale(number, exponent);
  if (std::isinf(number)) return std::nullopt;
  return negative ? -number : number;
}

}  // namespace

PandasInteger ParsePandasInteger(absl::string_view text) {
  PandasInteger result;
  text = absl::StripLeadingAsciiWhitespace(text);
  result.negative = TakeSign(&text);
  if (!StartsWithDigit(text)) return result;
  const uint64_t most = result.negative ? uint64_t{1} << 63 : std::numeric_limits<uint64_t>::max();
  while (StartsWithDigit(text)) {
    const uint64_t digit = TakeDigit(&text);
    if (result.magnitude > (most - digit) / 10) {
      result.syntax = IntegerSyntax::kOverflow;
      return result;
    }
    result.magnitude = result.magnitude * 10 + digit;
  }
  if (absl::StripLeadingAsciiWhitespace(text).empty()) result.syntax = IntegerSyntax::kInteger;
  return result;
}

std::optional<double> ParsePandasFloat(absl::string_view text) {
  const std::optional<double> decimal = ParseDecimal(text);
  return decimal.has_value() ? decimal : ParseInfinity(text);
}

}  // namespace assay
