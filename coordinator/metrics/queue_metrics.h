// What the database says about the work that is left, at each scrape: docs/monitoring.md.
#ifndef ASSAY_COORDINATOR_METRICS_QUEUE_METRICS_H_
#define ASSAY_COORDINATOR_METRICS_QUEUE_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "coordinator/store/queue_store.h"

namespace assay {

std::vector<prometheus::MetricFamily> DescribeQueue(const QueueState& state);

// Thread-safe. The database is asked once in kFresh at most, whoever scrapes how often; while it
// cannot be reached, assay_database_up is 0 and the rest is left out. All coordinators of a
// database tell the same.
class QueueMetrics : public prometheus::Collectable {
 public:
  static constexpr absl::Duration kFresh = absl::Seconds(2);

  QueueMetrics(QueueStore* store, Clock* clock) : store_(store), clock_(clock) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  QueueStore* const store_;
  Clock* const clock_;
  mutable absl::Mutex mutex_;  // also keeps a second scrape waiting for the first one's answer
  mutable std::vector<prometheus::MetricFamily> families_ ABSL_GUARDED_BY(mutex_);
  mutable absl::Time asked_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_METRICS_QUEUE_METRICS_H_
