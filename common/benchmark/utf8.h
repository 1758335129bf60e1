// UTF-8 as Unicode 15, table 3-7, has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#ifndef ASSAY_COMMON_BENCHMARK_UTF8_H_
#define ASSAY_COMMON_BENCHMARK_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace assay {

// Offset of the first byte that is not part of a well-formed character; npos when there is none.
size_t FindInvalidUtf8(absl::string_view text);

// Takes the first character off `text`, which is not empty. A byte that is not part of a
// well-formed one is taken alone, as U+FFFD.
uint32_t TakeUtf8Character(absl::string_view* text);
// Appends a character of at most U+10FFFF.
void AppendUtf8Character(uint32_t character, std::string* text);

// Code points of UTF-8 text.
int64_t CountCharacters(absl::string_view text);

// Text that can be stored and tokenized: well-formed UTF-8 without NUL characters. The error names
// `path` and the line; `content` starts in line `first_line`.
absl::Status CheckText(absl::string_view path, absl::string_view content, int64_t first_line = 1);

// `text` for an error message: escaped, and cut when it is long.
std::string Excerpt(absl::string_view text);

// The line of the byte at `offset`, from 1. "\n", "\r\n" and a lone "\r" each end a line.
int64_t LineOfOffset(absl::string_view content, size_t offset);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_UTF8_H_
