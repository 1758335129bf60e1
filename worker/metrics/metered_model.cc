#include "worker/metrics/metered_model.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "worker/engine/engine.h"

namespace assay {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

class MeteredModel : public ServedModel {
 public:
  MeteredModel(std::unique_ptr<ServedModel> model, const std::string& name, EngineMetrics* metrics,
               Clock* clock)
      : model_(std::move(model)),
        metrics_(metrics),
        clock_(clock),
        loaded_(metrics->loaded.Add({{"model", name}})),
        scored_(metrics->requests.Add({{"model", name}, {"kind", "choices"}})),
        generated_(metrics->requests.Add({{"model", name}, {"kind", "generation"}})),
        prompt_tokens_(metrics->prompt_tokens.Add({{"model", name}})),
        cached_tokens_(metrics->cached_tokens.Add({{"model", name}})),
        generated_tokens_(metrics->generated_tokens.Add({{"model", name}})) {
    loaded_.Set(1);
  }
  ~MeteredModel() override {
    loaded_.Set(0);
    metrics_->requests_waiting.Set(0);
    metrics_->kv_blocks_held.Set(0);
  }

  const TextCodec& codec() const override { return model_->codec(); }
  const std::vector<int32_t>& stop_token_ids() const override { return model_->stop_token_ids(); }

  absl::Status Submit(Request request) override {
    const uint64_t id = request.id;
    const Waiting waiting = {static_cast<double>(request.prompt.size()), !request.choices.empty()};
    absl::Status status = model_->Submit(std::move(request));
    if (status.ok()) {
      waiting_.emplace(id, waiting);
      metrics_->requests_waiting.Set(static_cast<double>(waiting_.size()));
    }
    return status;
  }
  void Cancel(uint64_t id) override {
    model_->Cancel(id);
    waiting_.erase(id);
    metrics_->requests_waiting.Set(static_cast<double>(waiting_.size()));
  }
  bool HasWork() const override { return model_->HasWork(); }

  absl::Status Step(std::vector<Completion>* finished) override {
    const size_t before = finished->size();
    const absl::Time begin = clock_->Now();
    absl::Status status = model_->Step(finished);
    metrics_->step_seconds.Observe(absl::ToDoubleSeconds(clock_->Now() - begin));
    if (!status.ok()) metrics_->step_errors.Increment();
    TellEngine();
    metrics_->completions_a_step.Observe(static_cast<double>(finished->size() - before));
    for (size_t i = before; i < finished->size(); ++i) Count((*finished)[i]);
    metrics_->requests_waiting.Set(static_cast<double>(waiting_.size()));
    return status;
  }
  absl::Status ResetEngine() override {
    waiting_.clear();
    seen_ = {};
    return model_->ResetEngine();
  }
  const EngineStatistics* statistics() const override { return model_->statistics(); }

 private:
  struct Waiting {
    double prompt_tokens = 0;
    bool scores_choices = false;
  };

  void TellEngine() {
    const EngineStatistics* const now = model_->statistics();
    if (now == nullptr) return;
    const auto grown = [&](int64_t EngineStatistics::*count) {
      return static_cast<double>(now->*count - seen_.*count);
    };
    if (now->steps != seen_.steps) {
      metrics_->tokens_a_step.Observe(grown(&EngineStatistics::computed_tokens));
    }
    metrics_->drafted_tokens.Increment(grown(&EngineStatistics::drafted_tokens));
    metrics_->accepted_tokens.Increment(grown(&EngineStatistics::accepted_tokens));
    metrics_->kv_blocks.Set(static_cast<double>(now->kv_blocks));
    metrics_->kv_blocks_held.Set(static_cast<double>(now->kv_blocks_held));
    seen_ = *now;
  }

  void Count(const Completion& completion) {
    const auto found = waiting_.find(completion.id);
    if (found == waiting_.end()) return;
    (found->second.scores_choices ? scored_ : generated_).Increment();
    prompt_tokens_.Increment(found->second.prompt_tokens);
    cached_tokens_.Increment(static_cast<double>(completion.cached_tokens));
    generated_tokens_.Increment(static_cast<double>(completion.token_ids.size()));
    waiting_.erase(found);
  }

  const std::unique_ptr<ServedModel> model_;
  EngineMetrics* const metrics_;
  Clock* const clock_;
  prometheus::Gauge& loaded_;
  prometheus::Counter& scored_;
  prometheus::Counter& generated_;
  prometheus::Counter& prompt_tokens_;
  prometheus::Counter& cached_tokens_;
  prometheus::Counter& generated_tokens_;
  std::unordered_map<uint64_t, Waiting> waiting_;  // by the requests' ids
  EngineStatistics seen_;                          // what was told already
};

}  // namespace

EngineMetrics::EngineMetrics(prometheus::Registry* registry)
    : loads(BuildCounter()
                .Name("assay_worker_model_loads_total")
                .Help("Models that were loaded, by outcome")
                .Register(*registry)),
      load_seconds(BuildHistogram()
                       .Name("assay_worker_model_load_duration_seconds")
                       .Help("Time to load a model, its digest included")
                       .Register(*registry)
                       .Add({}, prometheus::Histogram::BucketBoundaries{0.5, 1, 2.5, 5, 10, 30, 60,
                                                                        120, 300, 600, 1800})),
      loaded(BuildGauge()
                 .Name("assay_worker_model_loaded")
                 .Help("1 for the model that is loaded, 0 for those before it")
                 .Register(*registry)),
      step_seconds(BuildHistogram()
                       .Name("assay_worker_step_duration_seconds")
                       .Help("Time of one forward pass with all that belongs to it")
                       .Register(*registry)
                       .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01,
                                                                        0.025, 0.05, 0.1, 0.25, 0.5,
                                                                        1, 2.5, 5, 10, 30})),
      step_errors(BuildCounter()
                      .Name("assay_worker_step_errors_total")
                      .Help("Forward passes that failed")
                      .Register(*registry)
                      .Add({})),
      requests_waiting(BuildGauge()
                           .Name("assay_worker_requests")
                           .Help("Requests in the engine that are not finished")
                           .Register(*registry)
                           .Add({})),
      completions_a_step(
          BuildHistogram()
              .Name("assay_worker_step_completions")
              .Help("Requests that a forward pass finished")
              .Register(*registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0, 1, 2, 4, 8, 16, 32, 64, 128})),
      tokens_a_step(
          BuildHistogram()
              .Name("assay_worker_step_tokens")
              .Help("Tokens that a forward pass computed")
              .Register(*registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{1, 4, 16, 64, 128, 256, 512, 1024,
                                                               2048, 4096, 8192})),
      token_budget(BuildGauge()
                       .Name("assay_worker_token_budget")
                       .Help("Tokens that a forward pass may compute")
                       .Register(*registry)
                       .Add({})),
      kv_blocks(BuildGauge()
                    .Name("assay_worker_kv_blocks")
                    .Help("Blocks of the cache of keys and values")
                    .Register(*registry)
                    .Add({})),
      kv_blocks_held(BuildGauge()
                         .Name("assay_worker_kv_blocks_held")
                         .Help("Of those, held by sequences that run or reserved for them")
                         .Register(*registry)
                         .Add({})),
      drafted_tokens(BuildCounter()
                         .Name("assay_worker_drafted_tokens_total")
                         .Help("Tokens that speculation guessed")
                         .Register(*registry)
                         .Add({})),
      accepted_tokens(BuildCounter()
                          .Name("assay_worker_accepted_tokens_total")
                          .Help("Of those, the ones that were right")
                          .Register(*registry)
                          .Add({})),
      requests(BuildCounter()
                   .Name("assay_worker_requests_total")
                   .Help("Requests that were finished, by model and kind")
                   .Register(*registry)),
      prompt_tokens(BuildCounter()
                        .Name("assay_worker_prompt_tokens_total")
                        .Help("Tokens of the prompts of finished requests")
                        .Register(*registry)),
      cached_tokens(BuildCounter()
                        .Name("assay_worker_prompt_tokens_cached_total")
                        .Help("Of those, the ones found in the cache of keys and values")
                        .Register(*registry)),
      generated_tokens(BuildCounter()
                           .Name("assay_worker_generated_tokens_total")
                           .Help("Tokens that finished requests generated")
                           .Register(*registry)) {
  for (const char* outcome : {"loaded", "failed"}) loads.Add({{"outcome", outcome}});
}

absl::StatusOr<std::unique_ptr<ServedModel>> MeteredModelLoader::Load(const ModelSpec& spec,
                                                                      Precision precision) {
  const absl::Time begin = clock_->Now();
  absl::StatusOr<std::unique_ptr<ServedModel>> model = loader_->Load(spec, precision);
  metrics_->load_seconds.Observe(absl::ToDoubleSeconds(clock_->Now() - begin));
  metrics_->loads.Add({{"outcome", model.ok() ? "loaded" : "failed"}}).Increment();
  if (!model.ok()) return model;
  return std::make_unique<MeteredModel>(*std::move(model), metrics_->models.Of(spec.name), metrics_,
                                        clock_);
}

}  // namespace assay
