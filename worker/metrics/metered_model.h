// A model loader that counts what its models do: a worker's metrics (docs/monitoring.md).
#ifndef ASSAY_WORKER_METRICS_METERED_MODEL_H_
#define ASSAY_WORKER_METRICS_METERED_MODEL_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <memory>

#include "common/base/clock.h"
#include "common/metrics/label_limit.h"
#include "worker/session/served_model.h"

namespace assay {

// The series of all models; of many names, the first ones, and the others together. Thread-safe.
// The engine's thread writes into them after each step, so that a scrape asks nothing of it.
struct EngineMetrics {
  static constexpr size_t kMostModels = 200;
  explicit EngineMetrics(prometheus::Registry* registry);

  LabelLimit models{kMostModels};
  prometheus::Family<prometheus::Counter>& loads;
  prometheus::Histogram& load_seconds;
  prometheus::Family<prometheus::Gauge>& loaded;
  prometheus::Histogram& step_seconds;
  prometheus::Counter& step_errors;
  prometheus::Gauge& requests_waiting;
  prometheus::Histogram& completions_a_step;
  prometheus::Histogram& tokens_a_step;
  prometheus::Gauge& token_budget;
  prometheus::Gauge& kv_blocks;
  prometheus::Gauge& kv_blocks_held;
  prometheus::Counter& drafted_tokens;
  prometheus::Counter& accepted_tokens;
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Counter>& prompt_tokens;
  prometheus::Family<prometheus::Counter>& cached_tokens;
  prometheus::Family<prometheus::Counter>& generated_tokens;
};

// `loader`, `metrics` and `clock` must outlive it and its models.
class MeteredModelLoader : public ModelLoader {
 public:
  MeteredModelLoader(ModelLoader* loader, EngineMetrics* metrics, Clock* clock)
      : loader_(loader), metrics_(metrics), clock_(clock) {}
  absl::StatusOr<std::unique_ptr<ServedModel>> Load(const ModelSpec& spec,
                                                    Precision precision) override;

 private:
  ModelLoader* const loader_;
  EngineMetrics* const metrics_;
  Clock* const clock_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_METRICS_METERED_MODEL_H_
