#include "common/logging/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace assay {

void StartLogging(const std::string& program, const LogOptions& options) {
  auto logger = spdlog::stderr_color_mt(program);
  logger->set_formatter(MakeLogFormatter(options.format));
  logger->set_level(spdlog::level::from_str(options.level));
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace assay
