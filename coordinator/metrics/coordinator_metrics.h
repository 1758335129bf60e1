// A coordinator's metrics: docs/monitoring.md has all of them.
#ifndef ASSAY_COORDINATOR_METRICS_COORDINATOR_METRICS_H_
#define ASSAY_COORDINATOR_METRICS_COORDINATOR_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstddef>

#include "common/metrics/label_limit.h"
#include "coordinator/lease/lease_observer.h"

namespace assay {

// Counts what this coordinator does. Of so many models and benchmarks, the first ones; the others
// are counted together. Thread-safe.
class LeaseMetrics : public LeaseObserver {
 public:
  static constexpr size_t kMostModels = 200;
  static constexpr size_t kMostBenchmarks = 50;

  // `registry` must outlive it.
  explicit LeaseMetrics(prometheus::Registry* registry);

  void Granted(int leases, absl::Duration took) override;
  void Committed(const ObservedCommit& commit) override;
  void Refused() override;
  void Failed(FailureKind kind) override;

 private:
  LabelLimit models_;
  LabelLimit benchmarks_;
  prometheus::Counter& granted_;
  prometheus::Histogram& grant_seconds_;
  prometheus::Family<prometheus::Counter>& ended_;
  prometheus::Family<prometheus::Counter>& commits_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Histogram& shard_seconds_;
  prometheus::Family<prometheus::Counter>& predictions_;
  prometheus::Family<prometheus::Counter>& prompt_tokens_;
  prometheus::Family<prometheus::Counter>& cached_tokens_;
  prometheus::Family<prometheus::Counter>& generated_tokens_;
  prometheus::Family<prometheus::Counter>& programs_;
  prometheus::Family<prometheus::Counter>& judgements_;
  prometheus::Family<prometheus::Counter>& judge_tokens_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_METRICS_COORDINATOR_METRICS_H_
