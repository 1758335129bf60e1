// A worker: the session that holds leases, the pipeline that computes their shards and the stage
// that runs their programs, tied together.
#ifndef ASSAY_WORKER_SESSION_WORKER_H_
#define ASSAY_WORKER_SESSION_WORKER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "worker/session/coordinator_session.h"
#include "worker/session/evaluation_pipeline.h"
#include "worker/session/item_preparation.h"
#include "worker/session/program_runner.h"
#include "worker/session/program_stage.h"
#include "worker/session/served_model.h"
#include "worker/session/shard_router.h"
#include "worker/session/shard_runner.h"
#include "worker/session/shard_tracker.h"

namespace assay {

// Makes the runner of remote models' shards, which reports to the sink, and hands what is made into
// programs to the stage.
using RemoteRunnerFactory =
    std::function<std::unique_ptr<ManagedShardRunner>(ReportSink sink, ProgramStage* programs)>;

class Worker {
 public:
  // `coordinators`: see CoordinatorSession. `loader`, `clock` and `programs` must outlive the
  // worker; `random` gives numbers in [0, 1). At most `programs_at_once` programs of models run
  // beside the engine. `make_remote` may be null, for a worker that serves no remote model.
  Worker(const std::vector<std::shared_ptr<grpc::Channel>>& coordinators,
         const SessionOptions& options, ModelLoader* loader, ProgramRunner* programs,
         int programs_at_once, BenchmarkFinder find_benchmark, Clock* clock,
         std::function<double()> random, const RemoteRunnerFactory& make_remote = nullptr);
  ~Worker();

  void Start();
  // As CoordinatorSession::IdleSince.
  absl::Time IdleSince() const { return session_.IdleSince(); }
  // Gives unfinished shards back, waits for what is reported to be acknowledged, at most `grace`,
  // and ends. Safe twice.
  void Stop(absl::Duration grace);

 private:
  void Report(ShardReport report);

  // They call one another, so Stop() ends them in order before any is destroyed.
  ShardTracker tracker_;
  CoordinatorSession session_;
  ProgramStage programs_;
  EvaluationPipeline pipeline_;
  const std::unique_ptr<ManagedShardRunner> remote_;  // may be null
  ShardRouter router_;
  bool stopped_ = false;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_WORKER_H_
