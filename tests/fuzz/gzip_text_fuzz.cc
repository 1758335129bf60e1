// Any bytes as a compressed file: they are refused, or they are lines of text within the limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/data_text.h"
#include "common/benchmark/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const assay::SourceFile file = {"fuzz.gz",
                                  std::string(reinterpret_cast<const char*>(data), size)};
  constexpr assay::TextLimits kLimits = {.bytes = 4096, .line_bytes = 256};
  int64_t last_line = 0;
  const absl::Status status =
      assay::ForEachLine(file, kLimits, [&](int64_t line, absl::string_view text) {
        const bool valid = line > last_line && text.size() <= kLimits.line_bytes &&
                           assay::FindInvalidUtf8(text) == absl::string_view::npos;
        if (!valid) std::abort();
        last_line = line;
        return absl::OkStatus();
      });
  // Bad input, and nothing else.
  if (!status.ok() && status.code() != absl::StatusCode::kInvalidArgument) std::abort();
  return 0;
}
