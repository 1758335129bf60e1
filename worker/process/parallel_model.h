// One model on a group of processes: the first one is the worker that a coordinator sees, the
// others follow it.
#ifndef ASSAY_WORKER_PROCESS_PARALLEL_MODEL_H_
#define ASSAY_WORKER_PROCESS_PARALLEL_MODEL_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "worker/model/causal_lm.h"
#include "worker/model/loaded_model.h"
#include "worker/parallel/tensor_parallel.h"
#include "worker/process/parallel_messages.h"

namespace assay {

// The first process's side. Not thread-safe.
class ParallelLeader {
 public:
  // `broken` is called when the group is of no use any more, with the reason; it should end the
  // process, so that another group can take over what this one has leased.
  ParallelLeader(TensorParallel* group, std::string engine,
                 std::function<void(const absl::Status&)> broken)
      : group_(group), engine_(std::move(engine)), broken_(std::move(broken)) {}
  // Tells the followers to end.
  ~ParallelLeader();

  // Loads the model's shares in all processes. A process's refusal is returned, and then no process
  // holds anything. At most one model is loaded at a time.
  absl::StatusOr<LoadedModel> Load(const ModelSpec& spec, Precision precision);

 private:
  class Lm;
  absl::Status Send(const ParallelMessage& message);
  absl::Status Failed(const absl::Status& status);

  TensorParallel* const group_;
  const std::string engine_;
  const std::function<void(const absl::Status&)> broken_;
};

// The other processes' side: does what the first one says, until it says stop (OkStatus) or the
// group or a pass fails.
absl::Status FollowLeader(TensorParallel* group, absl::string_view engine);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_PARALLEL_MODEL_H_
