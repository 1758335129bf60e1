#include "coordinator/metrics/rpc_metrics.h"

namespace assay {

RpcMetrics::RpcMetrics(prometheus::Registry* registry)
    : calls_(prometheus::BuildCounter()
                 .Name("assay_coordinator_rpcs_total")
                 .Help("Calls that were answered, by method and status; not workers' streams")
                 .Register(*registry)),
      seconds_(prometheus::BuildHistogram()
                   .Name("assay_coordinator_rpc_duration_seconds")
                   .Help("Time to answer a call, by method")
                   .Register(*registry)) {}

void RpcMetrics::Called(const std::string& method, const std::string& code, absl::Duration took) {
  calls_.Add({{"method", method}, {"code", code}}).Increment();
  seconds_
      .Add({{"method", method}},
           prometheus::Histogram::BucketBoundaries{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60})
      .Observe(absl::ToDoubleSeconds(took));
}

}  // namespace assay
