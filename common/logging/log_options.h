// The options of the command line that say how a program logs.
#ifndef ASSAY_COMMON_LOGGING_LOG_OPTIONS_H_
#define ASSAY_COMMON_LOGGING_LOG_OPTIONS_H_

#include <map>
#include <string>

#include "CLI/CLI.hpp"
#include "common/logging/logging.h"

namespace assay {

inline void AddLogOptions(CLI::App& app, LogOptions* options) {
  app.add_option("--log-level", options->level, "What is logged, on standard error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  static const auto* const formats =
      new std::map<std::string, LogFormat>{{"text", LogFormat::kText}, {"json", LogFormat::kJson}};
  app.add_option_function<std::string>(
         "--log-format",
         [options](const std::string& name) { options->format = formats->at(name); },
         "How it is logged: text, or json, an object a line")
      ->envname("ASSAY_LOG_FORMAT")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
}

}  // namespace assay

#endif  // ASSAY_COMMON_LOGGING_LOG_OPTIONS_H_
