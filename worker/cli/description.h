// What a worker says of itself to a coordinator.
#ifndef ASSAY_WORKER_CLI_DESCRIPTION_H_
#define ASSAY_WORKER_CLI_DESCRIPTION_H_

#include "absl/random/random.h"
#include "common/domain/worker.h"
#include "worker/cli/arguments.h"
#include "worker/process/compute_device.h"

namespace assay {

WorkerInfo DescribeWorker(const WorkerArguments& arguments, const ComputeDevice& device,
                          absl::BitGen* random);

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_DESCRIPTION_H_
