#include "worker/parallel/device_group.h"

#include <ATen/ATen.h>

#include <cstdint>

namespace assay {
namespace {

class HostDeviceGroup : public DeviceGroup {
 public:
  explicit HostDeviceGroup(TensorParallel* group) : group_(group) {}

  Share share() const override { return group_->share(); }
  absl::Status AllGather(const at::Tensor& mine, const at::Tensor& all) override {
    const at::Tensor sent = mine.to(at::kCPU).contiguous();
    at::Tensor received = all.is_cpu() ? all : at::empty(all.sizes(), sent.options());
    absl::Status status = group_->AllGather(
        sent.const_data_ptr(), static_cast<int64_t>(sent.nbytes()), received.mutable_data_ptr());
    if (status.ok() && !all.is_cpu()) all.copy_(received);
    return status;
  }
  // The next copy to the host does.
  absl::Status Wait() override { return absl::OkStatus(); }

 private:
  TensorParallel* const group_;
};

}  // namespace

std::unique_ptr<DeviceGroup> MakeHostDeviceGroup(TensorParallel* group) {
  return std::make_unique<HostDeviceGroup>(group);
}

}  // namespace assay
