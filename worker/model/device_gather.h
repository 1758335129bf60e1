// Puts the columns together that several processes have computed on a device each.
#ifndef ASSAY_WORKER_MODEL_DEVICE_GATHER_H_
#define ASSAY_WORKER_MODEL_DEVICE_GATHER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "worker/parallel/device_group.h"

namespace assay {

// Not thread-safe. Throws what libtorch throws.
class DeviceGather {
 public:
  // `group` outlives it; null: all columns are here already.
  explicit DeviceGather(DeviceGroup* group) : group_(group) {}

  bool whole() const { return group_ == nullptr; }
  Share share() const { return whole() ? Share() : group_->share(); }
  // `mine` [rows, bounds[i + 1] - bounds[i]], i being this process's index; returns [rows,
  // bounds.back()]. Once an exchange has failed there are no more: the result is of no use.
  at::Tensor Columns(const at::Tensor& mine, const std::vector<int64_t>& bounds);
  // The first failure of an exchange.
  const absl::Status& status() const { return status_; }
  // Until the device has done what it was told to; then as status().
  absl::Status Wait();

 private:
  DeviceGroup* const group_;
  absl::Status status_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DEVICE_GATHER_H_
