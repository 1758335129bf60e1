// A coordinator's metrics: docs/monitoring.md has all of them.
#ifndef ASSAY_COORDINATOR_METRICS_COORDINATOR_METRICS_H_
#define ASSAY_COORDINATOR_METRICS_COORDINATOR_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "coordinator/lease/lease_observer.h"

namespace assay {

// Counts what this coordinator does. Thread-safe.
class LeaseMetrics : public LeaseObserver {
 public:
  // `registry` must outlive it.
  explicit LeaseMetrics(prometheus::Registry* registry);

  void Granted(int leases, absl::Duration took) override;
  void Committed(CommitOutcome outcome, const RunSpec& run, absl::Span<const GradedItem> items,
                 absl::Duration took) override;
  void Failed(FailureKind kind) override;

 private:
  prometheus::Counter& granted_;
  prometheus::Histogram& grant_seconds_;
  prometheus::Family<prometheus::Counter>& ended_;
  prometheus::Family<prometheus::Counter>& commits_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Family<prometheus::Counter>& predictions_;
  prometheus::Family<prometheus::Counter>& prompt_tokens_;
  prometheus::Family<prometheus::Counter>& cached_tokens_;
  prometheus::Family<prometheus::Counter>& generated_tokens_;
  prometheus::Family<prometheus::Counter>& programs_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_METRICS_COORDINATOR_METRICS_H_
