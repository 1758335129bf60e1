#include "common/metrics/metrics_server.h"

#include <prometheus/exposer.h>
#include <prometheus/gauge.h>

#include <exception>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/metrics/process_metrics.h"

namespace assay {
namespace {

// One scrape under way and one more; Prometheus asks every few seconds.
constexpr size_t kThreads = 2;

}  // namespace

MetricsServer::MetricsServer(const std::string& listen)
    : registry_(std::make_shared<prometheus::Registry>()),
      exposer_(std::make_unique<prometheus::Exposer>(listen, kThreads)) {
  exposer_->RegisterCollectable(registry_);
  const std::vector<int> ports = exposer_->GetListeningPorts();
  address_ = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", ports.empty() ? 0 : ports[0]);
}

MetricsServer::~MetricsServer() = default;

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& listen,
                                                                    const std::string& version,
                                                                    const std::string& engine) {
  if (listen.rfind(':') == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("\"", listen, "\" is no HOST:PORT for metrics"));
  }
  try {
    std::unique_ptr<MetricsServer> server(new MetricsServer(listen));
    prometheus::BuildGauge()
        .Name("assay_build_info")
        .Help("Always 1; what the process is, in its labels")
        .Register(server->registry())
        .Add({{"version", version}, {"engine", engine}})
        .Set(1);
    server->Add(std::make_shared<ProcessMetrics>());
    return server;
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("metrics cannot be served at ", listen, ": ", error.what()));
  }
}

void MetricsServer::Add(std::shared_ptr<prometheus::Collectable> collectable) {
  exposer_->RegisterCollectable(collectable);
  collectables_.push_back(std::move(collectable));
}

}  // namespace assay
