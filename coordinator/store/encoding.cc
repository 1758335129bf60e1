#include "coordinator/store/encoding.h"

#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace assay {
namespace {

// The length of the UTF-8 sequence at the start of `text` (RFC 3629: no surrogates, no overlong
// forms); 0 when there is none.
size_t SequenceLength(absl::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : lead >= 0xE0 && lead <= 0xEF ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  if (lead == 0xE0 && second < 0xA0) return 0;
  if (lead == 0xED && second > 0x9F) return 0;
  if (lead == 0xF0 && second < 0x90) return 0;
  if (lead == 0xF4 && second > 0x8F) return 0;
  return length;
}

std::vector<absl::string_view> ArrayElements(absl::string_view text) {
  absl::ConsumePrefix(&text, "{");
  absl::ConsumeSuffix(&text, "}");
  if (text.empty()) return {};
  return absl::StrSplit(text, ',');
}

template <typename T>
std::string JoinArray(absl::Span<const T> values) {
  return absl::StrCat("{", absl::StrJoin(values, ","), "}");
}

}  // namespace

std::string EncodeBytes(absl::string_view bytes) {
  return absl::StrCat("\\x", absl::BytesToHexString(bytes));
}

std::string DecodeBytes(absl::string_view text) {
  absl::ConsumePrefix(&text, "\\x");
  return absl::HexStringToBytes(text);
}

std::string EncodeArray(absl::Span<const int64_t> values) { return JoinArray(values); }
std::string EncodeArray(absl::Span<const int32_t> values) { return JoinArray(values); }

std::string EncodeArray(absl::Span<const double> values) {
  return absl::StrCat("{",
                      absl::StrJoin(values, ",",
                                    [](std::string* out, double value) {
                                      if (std::isnan(value)) {
                                        out->append("NaN");
                                      } else if (std::isinf(value)) {
                                        out->append(value > 0 ? "Infinity" : "-Infinity");
                                      } else {
                                        absl::StrAppendFormat(out, "%.17g", value);
                                      }
                                    }),
                      "}");
}

std::string EncodeArray(absl::Span<const std::string> values) {
  return absl::StrCat(
      "{",
      absl::StrJoin(values, ",",
                    [](std::string* out, const std::string& value) {
                      absl::StrAppend(out, "\"",
                                      absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}}),
                                      "\"");
                    }),
      "}");
}

std::vector<int64_t> DecodeIntegers(absl::string_view text) {
  std::vector<int64_t> values;
  for (absl::string_view element : ArrayElements(text)) {
    int64_t value = 0;
    if (absl::SimpleAtoi(element, &value)) values.push_back(value);
  }
  return values;
}

std::vector<double> DecodeDoubles(absl::string_view text) {
  std::vector<double> values;
  for (absl::string_view element : ArrayElements(text)) {
    double value = std::numeric_limits<double>::quiet_NaN();
    if (absl::SimpleAtod(element, &value)) values.push_back(value);
  }
  return values;
}

std::string PlainText(absl::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const size_t length = text[0] == '\0' ? 0 : SequenceLength(text);
    if (length == 0) {
      result.append("\xEF\xBF\xBD");
      text.remove_prefix(1);
    } else {
      result.append(text.data(), length);
      text.remove_prefix(length);
    }
  }
  return result;
}

bool IsValidUtf8(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

absl::Time DecodeTime(const pqxx::field& field, absl::Time missing) {
  if (field.is_null()) return missing;
  // PostgreSQL's times are whole microseconds, which a double of seconds is only close to.
  return absl::FromUnixMicros(std::llround(field.as<double>() * 1e6));
}

}  // namespace assay
