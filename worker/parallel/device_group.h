// The exchanges of processes that compute one model on a device each.
#ifndef ASSAY_WORKER_PARALLEL_DEVICE_GROUP_H_
#define ASSAY_WORKER_PARALLEL_DEVICE_GROUP_H_

#include <memory>

#include "absl/status/status.h"
#include "worker/parallel/tensor_parallel.h"

// libtorch's headers are not for those who log with another fmt.
namespace at {
class Tensor;
}  // namespace at

namespace assay {

// Not thread-safe. All processes call the same functions in the same order, with tensors of the
// same sizes. Unavailable when another process has ended or does not answer; the group is of no use
// then. Throws what libtorch throws.
class DeviceGroup {
 public:
  virtual ~DeviceGroup() = default;

  virtual Share share() const = 0;
  // `all` [share().count, ...], contiguous, becomes the processes' contiguous tensors, in order of
  // their index. May return before it has, as the device's other operations do.
  virtual absl::Status AllGather(const at::Tensor& mine, const at::Tensor& all) = 0;
  // Until what was started on the device has ended.
  virtual absl::Status Wait() = 0;
};

// Through the memory of the hosts and `group`, which must outlive it: for any device, and slow.
std::unique_ptr<DeviceGroup> MakeHostDeviceGroup(TensorParallel* group);

}  // namespace assay

#endif  // ASSAY_WORKER_PARALLEL_DEVICE_GROUP_H_
