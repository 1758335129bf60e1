// How a line of the log is written.
#ifndef ASSAY_COMMON_LOGGING_LOG_FORMATTER_H_
#define ASSAY_COMMON_LOGGING_LOG_FORMATTER_H_

#include <spdlog/formatter.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace assay {

enum class LogFormat { kText, kJson };
inline const char* LogFormatName(LogFormat format) {
  return format == LogFormat::kJson ? "json" : "text";
}

// Of a message and of each text field, in bytes; what is longer is cut, and ends with "...".
inline constexpr size_t kMostLogBytes = 4096;
inline constexpr size_t kMostLogFieldBytes = 256;

// Text that is well-formed UTF-8 and stays in its line: bytes that belong to no character, and
// control characters, become \xNN (\n, \r and \t as usual). Of at most about `most` bytes.
std::string LogText(absl::string_view text, size_t most);

// One line a message, with the fields of the thread's LogContext:
//   2026-01-31T12:00:00.000Z info loading a model [shard_id=7 model=small]
//   {"timestamp":"2026-01-31T12:00:00.000000Z","severity":"info","message":"loading a model",
//    "program":"assay-worker","source":"worker/session/worker.cc:42","shard_id":7,"model":"small"}
std::unique_ptr<spdlog::formatter> MakeLogFormatter(LogFormat format);

}  // namespace assay

#endif  // ASSAY_COMMON_LOGGING_LOG_FORMATTER_H_
