// The processes that compute one model together (--tensor-parallel).
#ifndef ASSAY_WORKER_CLI_GROUP_H_
#define ASSAY_WORKER_CLI_GROUP_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/cli/arguments.h"
#include "worker/device/device.h"
#include "worker/parallel/device_group.h"
#include "worker/parallel/process_group.h"
#include "worker/process/followers.h"

namespace assay {

// The last thing that a process does whose group has failed: what it has leased goes to others when
// the leases end, and whoever started it starts it again.
void EndBroken(const absl::Status& status);

// This process's place among those that compute one model; null when it is alone. The first one,
// where no other is told its place, starts the others on this machine.
absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinGroup(const WorkerArguments& arguments,
                                                        Followers* followers);

// How the group's processes exchange what their devices compute; null on CPUs.
absl::StatusOr<std::unique_ptr<DeviceGroup>> JoinDevices(const WorkerArguments& arguments,
                                                         const Device& device,
                                                         TensorParallel* group);

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_GROUP_H_
