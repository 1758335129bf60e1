#include "worker/model/device_gather.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace assay {

at::Tensor DeviceGather::Columns(const at::Tensor& mine, const std::vector<int64_t>& bounds) {
  if (whole()) return mine;
  const int64_t rows = mine.size(0);
  int64_t most = 0;
  for (size_t i = 0; i + 1 < bounds.size(); ++i) most = std::max(most, bounds[i + 1] - bounds[i]);
  const at::Tensor sent = at::constant_pad_nd(mine, {0, most - mine.size(1)}).contiguous();
  const int64_t count = group_->share().count;
  const at::Tensor all = at::empty({count, rows, most}, mine.options());
  if (status_.ok() && all.numel() > 0) status_ = group_->AllGather(sent, all);
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < count; ++i) {
    const size_t at = static_cast<size_t>(i);
    parts.push_back(all.select(0, i).narrow(1, 0, bounds[at + 1] - bounds[at]));
  }
  return at::cat(parts, 1);
}

absl::Status DeviceGather::Wait() {
  if (whole() || !status_.ok()) return status_;
  status_ = group_->Wait();
  return status_;
}

}  // namespace assay
