// A worker: the session that holds leases, the pipeline that computes their shards and the stage
// that runs their programs, tied together.
#ifndef ASSAY_WORKER_SESSION_WORKER_H_
#define ASSAY_WORKER_SESSION_WORKER_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "worker/session/coordinator_session.h"
#include "worker/session/evaluation_pipeline.h"
#include "worker/session/item_preparation.h"
#include "worker/session/program_runner.h"
#include "worker/session/program_stage.h"
#include "worker/session/served_model.h"

namespace assay {

class Worker {
 public:
  // `loader`, `clock` and `programs` must outlive the worker; `random` gives numbers in [0, 1). At
  // most `programs_at_once` programs of models run beside the engine.
  Worker(std::shared_ptr<grpc::Channel> channel, const SessionOptions& options, ModelLoader* loader,
         ProgramRunner* programs, int programs_at_once, BenchmarkFinder find_benchmark,
         Clock* clock, std::function<double()> random);
  ~Worker();

  void Start();
  // Gives unfinished shards back, waits for what is reported to be acknowledged, at most `grace`,
  // and ends. Safe twice.
  void Stop(absl::Duration grace);

 private:
  // They call one another, so Stop() ends them in order before any is destroyed.
  CoordinatorSession session_;
  ProgramStage programs_;
  EvaluationPipeline pipeline_;
  bool stopped_ = false;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_WORKER_H_
