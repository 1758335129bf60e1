// Serves a process's metrics to Prometheus: GET /metrics in its text format.
#ifndef ASSAY_COMMON_METRICS_METRICS_SERVER_H_
#define ASSAY_COMMON_METRICS_METRICS_SERVER_H_

#include <prometheus/collectable.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/http/http_server.h"

namespace assay {

// Scrapes are answered by threads of its own, which never hold a lock that work is done under.
class MetricsServer {
 public:
  // `version` and `engine`, which may be empty, are labels of assay_build_info. Of `http`,
  // `ordinary` says how many requests of what else is served there, by http(), may be under way
  // beside scrapes, and `threads` is not asked. Errors as of HttpServer::Start.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(HttpServerOptions http,
                                                              const std::string& version,
                                                              const std::string& engine);
  ~MetricsServer();

  prometheus::Registry& registry() { return *registry_; }
  // Asked at every scrape, from any of the server's threads; must stay until the server's end.
  void Add(std::shared_ptr<prometheus::Collectable> collectable);
  // "HOST:PORT", the port being the one that was bound.
  const std::string& address() const;
  // "https://HOST:PORT".
  const std::string& url() const;
  // What it is served by.
  HttpServer& http() { return *http_; }

 private:
  MetricsServer();
  std::string Scrape();

  std::shared_ptr<prometheus::Registry> registry_;
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<HttpServer> http_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_METRICS_METRICS_SERVER_H_
