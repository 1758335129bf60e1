// Calls by method and status: docs/monitoring.md.
#ifndef ASSAY_COORDINATOR_METRICS_RPC_METRICS_H_
#define ASSAY_COORDINATOR_METRICS_RPC_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <string>

#include "coordinator/service/rpc_observer.h"

namespace assay {

// Thread-safe.
class RpcMetrics : public RpcObserver {
 public:
  // `registry` must outlive it.
  explicit RpcMetrics(prometheus::Registry* registry);
  void Called(const std::string& method, const std::string& code, absl::Duration took) override;

 private:
  prometheus::Family<prometheus::Counter>& calls_;
  prometheus::Family<prometheus::Histogram>& seconds_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_METRICS_RPC_METRICS_H_
