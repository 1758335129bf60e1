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

enum class IntegerColumn {
  kIntegers,
  kOther,  // not integers alone; another type is tried
  kText,   // integers that no 64-bit type holds: pandas gives up and keeps every cell as its text,
           // missing ones too
};

// Pandas goes on to uint64 at the first cell that int64 cannot hold, and only when no cell before
// it is something else than an integer.
IntegerColumn ClassifyIntegers(Cells cells) {
  bool missing = false;
  bool overflows_int64 = false;
  for (const std::string& cell : cells) {
    if (IsMissing(cell)) {
      missing = true;
      continue;
    }
    const PandasInteger integer = ParsePandasInteger(cell);
    if (integer.syntax == IntegerSyntax::kNotInteger) return IntegerColumn::kOther;
    constexpr uint64_t kMaxInt64 = std::numeric_limits<int64_t>::max();
    if (integer.syntax == IntegerSyntax::kOverflow ||
        (!integer.negative && integer.magnitude > kMaxInt64)) {
      overflows_int64 = true;
      break;
    }
  }
  if (!overflows_int64) return missing ? IntegerColumn::kOther : IntegerColumn::kIntegers;

  bool fits_uint64 = true;
  for (const std::string& cell : cells) {
    if (IsMissing(cell)) {
      fits_uint64 = false;
      continue;
    }
    const PandasInteger integer = ParsePandasInteger(cell);
    if (integer.negative) {
      fits_uint64 = false;
    } else if (integer.syntax == IntegerSyntax::kOverflow) {
      return IntegerColumn::kText;
    } else if (integer.syntax == IntegerSyntax::kNotInteger) {
      return IntegerColumn::kOther;
    }
  }
  return fits_uint64 ? IntegerColumn::kIntegers : IntegerColumn::kText;
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
    case IntegerColumn::kIntegers:
      return PrintIntegers(cells);
    case IntegerColumn::kText:
      return std::vector<std::string>(cells.begin(), cells.end());
    case IntegerColumn::kOther:
      break;
  }
  if (Reading floats = PrintFloats(cells); floats.has_value()) return *floats;
  if (Reading booleans = PrintBooleans(cells); booleans.has_value()) return *booleans;
  return PrintTexts(cells);
}

}  // namespace assay
