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

namespace assay {

class HttpServer;

// Scrapes are answered by threads of its own, which never hold a lock that work is done under.
class MetricsServer {
 public:
  // Listens at "HOST:PORT" (port 0: any free one). `version` and `engine`, which may be empty, are
  // labels of assay_build_info. Unavailable when the address is taken or no address. `ordinary`:
  // how many requests of what else is served there, by http(), may be under way beside scrapes.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& listen,
                                                              const std::string& version,
                                                              const std::string& engine,
                                                              int ordinary = 0);
  ~MetricsServer();

  prometheus::Registry& registry() { return *registry_; }
  // Asked at every scrape, from any of the server's threads; must stay until the server's end.
  void Add(std::shared_ptr<prometheus::Collectable> collectable);
  // "HOST:PORT", the port being the one that was bound.
  const std::string& address() const;
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
