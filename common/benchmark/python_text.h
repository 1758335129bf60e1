// Python's treatment of text, where a published protocol depends on it.
#ifndef ASSAY_COMMON_BENCHMARK_PYTHON_TEXT_H_
#define ASSAY_COMMON_BENCHMARK_PYTHON_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// str.strip(): `text`, which is UTF-8, without the characters at both ends for which str.isspace()
// holds. Those are 29, and not quite Unicode's White_Space: U+001C to U+001F are among them. The
// result is a part of `text`.
absl::string_view PythonStrip(absl::string_view text);

// str.lower() of UTF-8 text, by Unicode 14, but for one rule: a capital sigma at the end of a word
// becomes the small sigma that stands inside words.
std::string PythonLower(absl::string_view text);

// float(text), for text of ASCII: a decimal number, an infinity or "nan" with white space around
// it, underscores between digits allowed. Empty for what Python refuses.
std::optional<double> PythonFloat(absl::string_view text);

// repr(float): the fewest digits that read back as `value`, "1.0", "1e-05", "1e+16", "nan", "-inf".
std::string PythonFloatRepr(double value);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_PYTHON_TEXT_H_
