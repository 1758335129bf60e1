// What the processes of a group make of their outcomes.
#ifndef ASSAY_WORKER_PARALLEL_AGREEMENT_H_
#define ASSAY_WORKER_PARALLEL_AGREEMENT_H_

#include "absl/status/status.h"
#include "worker/parallel/tensor_parallel.h"

namespace assay {

// All processes call it with their outcome, and all get the same: the first refusal, in order of
// the processes, is everyone's, and names the process. Unavailable when the group has failed.
absl::Status AgreeOn(TensorParallel* group, const absl::Status& mine);

}  // namespace assay

#endif  // ASSAY_WORKER_PARALLEL_AGREEMENT_H_
