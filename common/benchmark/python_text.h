// Python's treatment of text, where a published protocol depends on it.
#ifndef ASSAY_COMMON_BENCHMARK_PYTHON_TEXT_H_
#define ASSAY_COMMON_BENCHMARK_PYTHON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// str.strip(): `text`, which is UTF-8, without the characters at both ends for which str.isspace()
// holds. Those are 29, and not quite Unicode's White_Space: U+001C to U+001F are among them. The
// result is a part of `text`.
absl::string_view PythonStrip(absl::string_view text);

// repr(float): the fewest digits that read back as `value`, "1.0", "1e-05", "1e+16", "nan", "-inf".
std::string PythonFloatRepr(double value);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_PYTHON_TEXT_H_
