// Numbers in text as pandas' C parser converts them, its rounding and its corner cases included.
#ifndef ASSAY_COMMON_BENCHMARK_PANDAS_NUMBER_H_
#define ASSAY_COMMON_BENCHMARK_PANDAS_NUMBER_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace assay {

enum class IntegerSyntax {
  kInteger,
  kNotInteger,
  kOverflow,  // more than 64 bits, or less than the least int64
};

// An integer with white space around it. Its sign apart, so that it can be held against int64 as
// well as uint64.
struct PandasInteger {
  IntegerSyntax syntax = IntegerSyntax::kNotInteger;
  bool negative = false;
  uint64_t magnitude = 0;
};
PandasInteger ParsePandasInteger(absl::string_view text);

// A decimal number or an infinity. Pandas multiplies at most 17 digits, leading zeros included,
// into a double and scales that once by a power of ten, so the last bit is not always the nearest
// double's. Empty for other text and for what overflows.
std::optional<double> ParsePandasFloat(absl::string_view text);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_PANDAS_NUMBER_H_
