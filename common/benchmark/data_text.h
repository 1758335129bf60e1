// The text of a dataset's file, plain or compressed with gzip. Compressed files come from untrusted
// callers: they are inflated piece by piece, within limits.
#ifndef ASSAY_COMMON_BENCHMARK_DATA_TEXT_H_
#define ASSAY_COMMON_BENCHMARK_DATA_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"

namespace assay {

struct TextLimits {
  size_t bytes = size_t{256} << 20;     // of the whole text, inflated
  size_t line_bytes = size_t{1} << 20;  // of one line, for ForEachLine
};

// `path` without ".gz". Whether a file is compressed is told by its name.
absl::string_view WithoutGzipSuffix(absl::string_view path);

// The whole text. InvalidArgument names the file and the reason: not gzip, damaged, cut short, or
// longer than the limit.
absl::StatusOr<std::string> ReadDataText(const SourceFile& file, const TextLimits& limits = {});

// Calls `take` with each line's number, from 1, and text, without its "\n" or "\r\n"; the first
// error ends it. The text is checked to be UTF-8 without NUL. Lines of white space only are left
// out. Errors as of ReadDataText, and with the line where there is one.
absl::Status ForEachLine(
    const SourceFile& file, const TextLimits& limits,
    absl::FunctionRef<absl::Status(int64_t line, absl::string_view text)> take);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_DATA_TEXT_H_
