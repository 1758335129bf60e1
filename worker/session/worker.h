// A worker: the session that holds leases and the pipeline that computes their shards, tied
// together.
#ifndef ASSAY_WORKER_SESSION_WORKER_H_
#define ASSAY_WORKER_SESSION_WORKER_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "common/base/clock.h"
#include "worker/session/coordinator_session.h"
#include "worker/session/evaluation_pipeline.h"
#include "worker/session/item_preparation.h"
#include "worker/session/served_model.h"

namespace assay {

class Worker {
 public:
  // `loader` and `clock` must outlive the worker; `random` gives numbers in [0, 1).
  Worker(std::shared_ptr<grpc::Channel> channel, const SessionOptions& options, ModelLoader* loader,
         BenchmarkFinder find_benchmark, Clock* clock, std::function<double()> random);
  ~Worker();

  void Start();
  // Gives unfinished shards back, waits for what is reported to be acknowledged, at most `grace`,
  // and ends. Safe twice.
  void Stop(absl::Duration grace);

 private:
  // Each calls the other, so Stop() ends them in order before either is destroyed.
  CoordinatorSession session_;
  EvaluationPipeline pipeline_;
  bool stopped_ = false;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_WORKER_H_
