// Computes leased shards. Two threads: one renders and tokenizes the next shards while the other
// runs the engine, in which the requests of several shards are under way at once, so that its
// batches stay full where one shard ends and the next begins. One model is loaded at a time. Shards
// are taken in the order of their arrival: one of another model waits for those before it, and
// those after it wait for it.
#ifndef ASSAY_WORKER_SESSION_EVALUATION_PIPELINE_H_
#define ASSAY_WORKER_SESSION_EVALUATION_PIPELINE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "worker/session/item_preparation.h"
#include "worker/session/program_stage.h"
#include "worker/session/served_model.h"
#include "worker/session/shard_executor.h"
#include "worker/session/shard_runner.h"
#include "worker/session/work_observer.h"

namespace assay {

// Thread-safe.
class EvaluationPipeline : public ShardRunner {
 public:
  // `loader` and `clock` must outlive the pipeline; `sink` is called from any of its threads, never
  // under its lock. At most `most_running` shards, at least 1, are in the engine at once; best one
  // less than are leased, so that there is always one ready to follow. `programs`, which must
  // outlive the pipeline, takes over shards whose predictions are made into programs; without it
  // such shards fail. `observer`, which must outlive it as well, may be null.
  EvaluationPipeline(ModelLoader* loader, BenchmarkFinder find_benchmark, Clock* clock,
                     ReportSink sink, int most_running, ProgramStage* programs = nullptr,
                     WorkObserver* observer = nullptr);
  ~EvaluationPipeline() override;

  void Start();
  void Accept(Lease lease) override;
  void Cancel(const LeaseKey& lease) override;
  std::optional<ModelKey> PreferredModel() const override;
  // Reports every unfinished shard, and every one accepted from now on, as returned. Waits for
  // nothing.
  void ReturnUnfinished();
  // Ends the threads after the step or the load that is under way. What is unfinished is not
  // reported.
  void Stop();

 private:
  enum class Stage { kWaiting, kPreparing, kPrepared, kRunning };
  struct Shard {
    Lease lease;
    ModelKey model;
    Stage stage = Stage::kWaiting;
    CompletionRule program{ProgramKind::kNone};  // known when it is prepared
    std::vector<PreparedItem> items;
    int64_t start_number = 0;  // shards that went into the engine before it
    absl::Time started;        // when it did
  };
  using ShardPtr = std::shared_ptr<Shard>;
  // What the engine's thread does next.
  struct EngineWork {
    std::vector<LeaseKey> cancelled;
    std::vector<ShardPtr> prepared;
    ShardPtr needs_model;
  };

  void RunPreparation();
  void RunEngine();
  EngineWork TakeEngineWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Drops the loaded model and loads that of `shard`. Fails the waiting shards of a model that
  // cannot be loaded.
  void SwapModel(const Shard& shard);
  void DropModel();
  absl::StatusOr<std::vector<PreparedItem>> Prepare(const Lease& lease, const ServedModel& model,
                                                    CompletionRule* program,
                                                    bool* fatal_for_run) const;

  ShardPtr NextToPrepare() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MustSwapModel() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool PreparationHasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool EngineHasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of a shard that is not there any more, cancelled or returned meanwhile, nothing is reported.
  void Report(ShardReport report) ABSL_LOCKS_EXCLUDED(mutex_);
  void LogFinished(const Lease& lease, const ShardReport& report);

  ModelLoader* const loader_;
  const BenchmarkFinder find_benchmark_;
  Clock* const clock_;
  const ReportSink sink_;
  const int most_running_;
  ProgramStage* const programs_;
  WorkObserver* const observer_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool returning_ ABSL_GUARDED_BY(mutex_) = false;
  bool engine_busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool preparing_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t started_ ABSL_GUARDED_BY(mutex_) = 0;         // shards that went into the engine so far
  std::list<ShardPtr> shards_ ABSL_GUARDED_BY(mutex_);  // unfinished, in the order of arrival
  std::vector<LeaseKey> cancelled_ ABSL_GUARDED_BY(mutex_);  // that the engine still works on
  std::shared_ptr<ServedModel> model_ ABSL_GUARDED_BY(mutex_);
  std::optional<ModelKey> model_key_ ABSL_GUARDED_BY(mutex_);

  std::unique_ptr<ShardExecutor> executor_;  // of model_; the engine's thread alone uses it
  absl::Time busy_since_;                    // likewise: when the engine was idle last
  int64_t busy_tokens_ = 0;                  // likewise: computed for shards finished since then
  WorkDone work_;                            // likewise: since the last report
  std::thread preparation_;
  std::thread engine_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_EVALUATION_PIPELINE_H_
