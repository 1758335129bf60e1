#include "common/benchmark/pandas_reading.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/pandas_number.h"
#include "common/benchmark/python_text.h"

namespace assay {
namespace {

using Cells = absl::Span<const std::string>;
using Reading = std::optional<std::vector<std::string>>;

constexpr char kMissing[] = "nan";

bool IsMissing(absl::string_view cell) {
  static constexpr std::array<absl::string_view, 19> kWords = {
      "",     "#N/A",   "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN",
      "-nan", "1.#IND", "1.#QNAN",  "<NA>", "N/A",     "NA",       "NULL",
      "NaN",  "None",   "n/a",      "nan",  "null"};
  return std::find(kWords.begin(), kWords.end(), cell) != kWords.end();
}

enum class ColumnType {
  kIntegers,
  kIntegersAndMissing,
  kOther,      // not integers alone; another type is tried
  kText,       // integers too large for any 64-bit type
  kPlainText,  // integers that want uint64 and something that it cannot hold: missing cells then
               // stay their text, too
};

// Pandas goes on to uint64 at the first cell that int64 cannot hold, and only when no cell before
// it is something else than an integer.
ColumnType ClassifyIntegers(Cells cells) {
  bool has_missing = false;
  bool overflows_int64 = false;
  constexpr uint64_t kMaxInt64 = std::numeric_limits<int64_t>::max();
  for (const std::string& cell : cells) {
    if (IsMissing(cell)) {
      has_missing = true;
      continue;
    }
    const PandasInteger integer = ParsePandasInteger(cell);
    if (integer.syntax == IntegerSyntax::kNotInteger) return ColumnType::kOther;
    if (integer.syntax == IntegerSyntax::kOverflow ||
        (!integer.negative && integer.magnitude > kMaxInt64)) {
      overflows_int64 = true;
      break;
    }
  }
  if (!overflows_int64) {
    return has_missing ? ColumnType::kIntegersAndMissing : ColumnType::kIntegers;
  }

  has_missing = false;
  bool has_negative = false;
  bool has_large = false;
  for (const std::string& cell : cells) {
    if (IsMissing(cell)) {
      has_missing = true;
      continue;
    }
    const PandasInteger integer = ParsePandasInteger(cell);
    if (integer.negative) {
      has_negative = true;
      continue;
    }
    if (integer.syntax == IntegerSyntax::kOverflow) return ColumnType::kText;
    if (integer.syntax == IntegerSyntax::kNotInteger) return ColumnType::kOther;
    if (integer.magnitude > kMaxInt64) has_large = true;
  }
  if (has_large && (has_negative || has_missing)) return ColumnType::kPlainText;
  return has_negative ? ColumnType::kText : ColumnType::kIntegers;
}

std::vector<std::string> PrintIntegers(Cells cells) {
  std::vector<std::string> printed;
  for (const std::string& cell : cells) {
    const PandasInteger integer = ParsePandasInteger(cell);
    const bool negative = integer.negative && integer.magnitude != 0;
    printed.push_back(absl::StrCat(negative ? "-" : "", integer.magnitude));
  }
  return printed;
}

// As float64, which can hold a missing cell. The least int64 stands for one while pandas reads.
std::vector<std::string> PrintIntegersAndMissing(Cells cells) {
  constexpr uint64_t kLeastMagnitude = uint64_t{1} << 63;
  std::vector<std::string> printed;
  for (const std::string& cell : cells) {
    const PandasInteger integer = ParsePandasInteger(cell);
    if (IsMissing(cell) || (integer.negative && integer.magnitude == kLeastMagnitude)) {
      printed.push_back(kMissing);
      continue;
    }
    const int64_t value = static_cast<int64_t>(integer.magnitude);
    printed.push_back(PythonFloatRepr(static_cast<double>(integer.negative ? -value : value)));
  }
  return printed;
}

Reading PrintFloats(Cells cells) {
  std::vector<std::string> printed;
  for (const std::string& cell : cells) {
    if (IsMissing(cell)) {
      printed.push_back(kMissing);
      continue;
    }
    const std::optional<double> value = ParsePandasFloat(cell);
    if (!value.has_value()) return std::nullopt;
    printed.push_back(PythonFloatRepr(*value));
  }
  return printed;
}

Reading PrintBooleans(Cells cells) {
  std::vector<std::string> printed;
  for (const std::string& cell : cells) {
    if (IsMissing(cell)) {
      printed.push_back(kMissing);
    } else if (absl::EqualsIgnoreCase(cell, "true")) {
      printed.push_back("True");
    } else if (absl::EqualsIgnoreCase(cell, "false")) {
      printed.push_back("False");
    } else {
      return std::nullopt;
    }
  }
  return printed;
}

std::vector<std::string> PrintTexts(Cells cells) {
  std::vector<std::string> printed;
  for (const std::string& cell : cells) printed.push_back(IsMissing(cell) ? kMissing : cell);
  return printed;
}

}  // namespace

std::vector<std::string> ReadColumnAsPandas(Cells cells) {
  switch (ClassifyIntegers(cells)) {
    case ColumnType::kIntegers:
      return PrintIntegers(cells);
    case ColumnType::kIntegersAndMissing:
      return PrintIntegersAndMissing(cells);
    case ColumnType::kText:
      return PrintTexts(cells);
    case ColumnType::kPlainText:
      return std::vector<std::string>(cells.begin(), cells.end());
    case ColumnType::kOther:
      break;
  }
  if (Reading floats = PrintFloats(cells); floats.has_value()) return *floats;
  if (Reading booleans = PrintBooleans(cells); booleans.has_value()) return *booleans;
  return PrintTexts(cells);
}

}  // namespace assay
