// A program's log, on its standard error.
#ifndef ASSAY_COMMON_LOGGING_LOGGING_H_
#define ASSAY_COMMON_LOGGING_LOGGING_H_

#include <string>

#include "common/logging/log_formatter.h"

namespace assay {

struct LogOptions {
  std::string level = "info";  // debug, info, warn, error, off
  LogFormat format = LogFormat::kText;
};

// From now on spdlog's default logger writes so. Once, at the begin of a program.
void StartLogging(const std::string& program, const LogOptions& options);

}  // namespace assay

#endif  // ASSAY_COMMON_LOGGING_LOGGING_H_
