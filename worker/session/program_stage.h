// The last stage of shards whose protocol makes a program of each prediction: the programs run on
// threads of their own, beside the engine, which goes on with the next shards meanwhile.
#ifndef ASSAY_WORKER_SESSION_PROGRAM_STAGE_H_
#define ASSAY_WORKER_SESSION_PROGRAM_STAGE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/domain/worker.h"
#include "common/scoring/human_eval_program.h"
#include "worker/session/program_runner.h"
#include "worker/session/shard_runner.h"

namespace assay {

// Thread-safe.
class ProgramStage {
 public:
  // `runner` must outlive the stage. At most `threads` programs run at once. `sink` is never called
  // under the stage's lock.
  ProgramStage(ProgramRunner* runner, int threads, ReportSink sink);
  ~ProgramStage();

  void Start();
  absl::Status Check() { return runner_->Check(); }
  // Runs the program that `rule` makes of each prediction that is no error; these are in the order
  // of lease.items, and of an item in that of its samples. A
  // report of the lease follows: the predictions with their program_outcome and `work`, or that a
  // program could not be run.
  void Accept(Lease lease, CompletionRule rule, std::vector<Prediction> predictions,
              const WorkDone& work = {});
  // Reports every unfinished shard, and every one accepted from now on, as returned. Waits for
  // nothing.
  void ReturnUnfinished();
  // Kills the programs that run and ends the threads. What is unfinished is not reported. Safe
  // twice.
  void Stop();

 private:
  struct Shard {
    Lease lease;
    CompletionRule rule;
    std::vector<Prediction> predictions;
    WorkDone work = {};
    size_t next = 0;  // the first whose program was not started
    size_t unfinished = 0;
  };
  using ShardPtr = std::shared_ptr<Shard>;

  void RunPrograms();
  ShardPtr NextShard() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || NextShard() != nullptr;
  }
  // Takes in the outcome of a prediction's program.
  void Finish(const ShardPtr& shard, size_t index, absl::StatusOr<std::string> outcome)
      ABSL_LOCKS_EXCLUDED(mutex_);

  ProgramRunner* const runner_;
  const int thread_count_;
  const ReportSink sink_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool returning_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<ShardPtr> shards_ ABSL_GUARDED_BY(mutex_);  // not reported, in the order of arrival

  std::vector<std::thread> threads_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_PROGRAM_STAGE_H_
