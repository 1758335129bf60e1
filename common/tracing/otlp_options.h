// The option of the command line that says where spans go.
#ifndef ASSAY_COMMON_TRACING_OTLP_OPTIONS_H_
#define ASSAY_COMMON_TRACING_OTLP_OPTIONS_H_

#include <unistd.h>

#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/version.h"
#include "common/tracing/otlp_exporter.h"

namespace assay {

inline void AddTracingOptions(CLI::App& app, std::string* endpoint) {
  app.add_option("--otlp-endpoint", *endpoint,
                 "Collector to send OpenTelemetry's spans to, by OTLP over HTTP as JSON: "
                 "http://HOST:4318; default: none")
      ->envname("OTEL_EXPORTER_OTLP_ENDPOINT")
      ->type_name("URL")
      ->check([](const std::string& url) {
        const bool fits = absl::StartsWith(url, "http://") || absl::StartsWith(url, "https://");
        return std::string(fits ? "" : "must begin with http:// or https://");
      });
}

inline std::string ProcessName() {
  char host[256] = {};
  gethostname(host, sizeof(host) - 1);
  return absl::StrCat(host, "-", getpid());
}

// Exports what this process records, until it is destroyed; null where `endpoint` is empty.
// `instance`: what tells this process from its like; empty: its machine's name and its number.
inline std::unique_ptr<OtlpExporter> StartTracing(const std::string& endpoint,
                                                  const std::string& program,
                                                  const std::string& instance) {
  if (endpoint.empty()) return nullptr;
  OtlpOptions options;
  options.endpoint = endpoint;
  options.resource = {{"service.name", program},
                      {"service.version", kVersion},
                      {"service.instance.id", instance.empty() ? ProcessName() : instance}};
  auto exporter = std::make_unique<OtlpExporter>(options);
  SetSpanExporter(exporter.get());
  return exporter;
}

}  // namespace assay

#endif  // ASSAY_COMMON_TRACING_OTLP_OPTIONS_H_
