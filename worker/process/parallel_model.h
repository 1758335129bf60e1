// One model on a group of processes: the first one is the worker that a coordinator sees, the
// others follow it.
#ifndef ASSAY_WORKER_PROCESS_PARALLEL_MODEL_H_
#define ASSAY_WORKER_PROCESS_PARALLEL_MODEL_H_

#include <cstdint>
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
  // process, so that another group can take over what this one has leased. `placement` has a group.
  ParallelLeader(const Placement& placement, std::string engine,
                 std::function<void(const absl::Status&)> broken)
      : placement_(placement),
        group_(placement.group),
        engine_(std::move(engine)),
        broken_(std::move(broken)) {}
  // Tells the followers to end.
  ~ParallelLeader();

  // Loads the model's shares in all processes. A process's refusal is returned, and then no process
  // holds anything. At most one model is loaded at a time.
  absl::StatusOr<LoadedModel> Load(const ModelSpec& spec, Precision precision);
  // On devices: the memory of this one for keys and values of the model that is loaded, such that
  // the other processes have room for as many blocks.
  int64_t kv_cache_bytes() const { return kv_cache_bytes_; }

 private:
  class Lm;
  absl::Status Send(const ParallelMessage& message);
  absl::Status Failed(const absl::Status& status);

  const Placement placement_;
  TensorParallel* const group_;
  const std::string engine_;
  const std::function<void(const absl::Status&)> broken_;
  int64_t kv_cache_bytes_ = 0;
};

// The other processes' side: does what the first one says, until it says stop (OkStatus) or the
// group or a pass fails.
absl::Status FollowLeader(const Placement& placement, absl::string_view engine);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_PARALLEL_MODEL_H_
