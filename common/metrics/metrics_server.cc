#include "common/metrics/metrics_server.h"

#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/metrics/process_metrics.h"

namespace assay {
namespace {

// One scrape under way and one more; Prometheus asks every few seconds.
constexpr int kScrapes = 2;

}  // namespace

MetricsServer::MetricsServer() : registry_(std::make_shared<prometheus::Registry>()) {}

MetricsServer::~MetricsServer() { http_->Stop(); }

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(HttpServerOptions options,
                                                                    const std::string& version,
                                                                    const std::string& engine) {
  options.threads = kScrapes + options.ordinary;
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<HttpServer> http, HttpServer::Start(options));
  std::unique_ptr<MetricsServer> server(new MetricsServer());
  server->http_ = std::move(http);
  prometheus::BuildGauge()
      .Name("assay_build_info")
      .Help("Always 1; what the process is, in its labels")
      .Register(server->registry())
      .Add({{"version", version}, {"engine", engine}})
      .Set(1);
  server->Add(server->registry_);
  server->Add(std::make_shared<ProcessMetrics>());
  server->http_->Handle("/metrics", HttpShare::kAlways, [self = server.get()](const WebRequest&) {
    WebResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = self->Scrape();
    return response;
  });
  return server;
}

const std::string& MetricsServer::address() const { return http_->address(); }
const std::string& MetricsServer::url() const { return http_->url(); }

void MetricsServer::Add(std::shared_ptr<prometheus::Collectable> collectable) {
  absl::MutexLock lock(&mutex_);
  collectables_.push_back(std::move(collectable));
}

std::string MetricsServer::Scrape() {
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables;
  {
    absl::MutexLock lock(&mutex_);
    collectables = collectables_;
  }
  std::vector<prometheus::MetricFamily> families;
  for (const auto& collectable : collectables) {
    std::vector<prometheus::MetricFamily> collected = collectable->Collect();
    families.insert(families.end(), std::make_move_iterator(collected.begin()),
                    std::make_move_iterator(collected.end()));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace assay
