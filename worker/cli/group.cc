#include "worker/cli/group.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/logging/log_options.h"
#include "spdlog/spdlog.h"
#include "worker/parallel/nccl.h"

namespace assay {

void EndBroken(const absl::Status& status) {
  SPDLOG_CRITICAL("{}; this worker ends", std::string(status.message()));
  spdlog::shutdown();
  std::_Exit(3);
}

absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinGroup(const WorkerArguments& arguments,
                                                        Followers* followers) {
  if (arguments.tensor_parallel == 1) return nullptr;
  ASSAY_ASSIGN_OR_RETURN(Device device, Device::Parse(arguments.device));
  ProcessGroupOptions options;
  options.share = {std::max(0, arguments.tensor_parallel_rank), arguments.tensor_parallel};
  if (options.share.index >= options.share.count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--tensor-parallel-rank is below --tensor-parallel: 0 to ", arguments.tensor_parallel - 1));
  }
  const bool starts_others = arguments.tensor_parallel_rank < 0;
  if (starts_others != arguments.rendezvous.empty()) {
    return absl::InvalidArgumentError(
        "--tensor-parallel-rank and --rendezvous come together, or neither of them");
  }
  if (!starts_others) {
    ASSAY_ASSIGN_OR_RETURN(const Rendezvous rendezvous, ParseRendezvous(arguments.rendezvous));
    options.host = rendezvous.host;
    options.port = rendezvous.port;
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<ProcessGroup> group, ProcessGroup::Create(options));
  for (int rank = 1; starts_others && rank < arguments.tensor_parallel; ++rank) {
    ++device.index;
    ASSAY_RETURN_IF_ERROR(followers->Start(
        {"--tensor-parallel", absl::StrCat(arguments.tensor_parallel), "--tensor-parallel-rank",
         absl::StrCat(rank), "--rendezvous", absl::StrCat("127.0.0.1:", group->port()), "--threads",
         absl::StrCat(arguments.threads), "--log-level", arguments.log.level, "--log-format",
         LogFormatName(arguments.log.format), "--device", device.Name(), "--exchange",
         arguments.exchange}));
  }
  ASSAY_RETURN_IF_ERROR(group->Join());
  SPDLOG_INFO("process {} of {} that compute models together", options.share.index + 1,
              options.share.count);
  return group;
}

absl::StatusOr<std::unique_ptr<DeviceGroup>> JoinDevices(const WorkerArguments& arguments,
                                                         const Device& device,
                                                         TensorParallel* group) {
  if (group == nullptr || device.is_cpu()) return nullptr;
  if (arguments.exchange == "host") return MakeHostDeviceGroup(group);
  return JoinNccl(group, {.device = device.index});
}

}  // namespace assay
