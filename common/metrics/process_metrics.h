// The process itself, under the names that Prometheus's client libraries share.
#ifndef ASSAY_COMMON_METRICS_PROCESS_METRICS_H_
#define ASSAY_COMMON_METRICS_PROCESS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace assay {

// process_resident_memory_bytes, process_cpu_seconds_total and process_open_fds, read at each
// scrape. Thread-safe.
class ProcessMetrics : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_METRICS_PROCESS_METRICS_H_
