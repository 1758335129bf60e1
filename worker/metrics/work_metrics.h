// Shards on a worker: how long they take, and where they fail (docs/monitoring.md).
#ifndef ASSAY_WORKER_METRICS_WORK_METRICS_H_
#define ASSAY_WORKER_METRICS_WORK_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "worker/session/work_observer.h"

namespace assay {

// Thread-safe.
class WorkMetrics : public WorkObserver {
 public:
  // `registry` must outlive it.
  explicit WorkMetrics(prometheus::Registry* registry);
  void Prepared(absl::Duration took) override;
  void Reported(const ShardReport& report, absl::Duration took) override;

 private:
  prometheus::Histogram& preparation_seconds_;
  prometheus::Histogram& shard_seconds_;
  prometheus::Family<prometheus::Counter>& failures_;
  prometheus::Counter& item_errors_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_METRICS_WORK_METRICS_H_
