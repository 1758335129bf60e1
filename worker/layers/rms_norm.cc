#include "worker/layers/rms_norm.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

constexpr int64_t kTaskRows = 32;

}  // namespace

absl::StatusOr<RmsNorm> RmsNorm::Load(const Checkpoint& checkpoint, const std::string& name,
                                      int64_t size, float epsilon) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor,
                         checkpoint.Find(absl::StrCat(name, ".weight")));
  if (tensor->shape != std::vector<int64_t>{size}) {
    return absl::InvalidArgumentError(absl::StrCat(tensor->file, ": tensor ", tensor->name,
                                                   " does not have the shape [", size, "]"));
  }
  RmsNorm norm;
  norm.epsilon_ = epsilon;
  norm.weight_.resize(static_cast<size_t>(size));
  ASSAY_RETURN_IF_ERROR(checkpoint.ReadRows(*tensor, 0, size, norm.weight_.data()));
  return norm;
}

void RmsNorm::Forward(Precision precision, const at::Tensor& hidden, at::Tensor out) const {
  const int64_t rows = hidden.size(0);
  const int64_t size = static_cast<int64_t>(weight_.size());
  const float* in = hidden.const_data_ptr<float>();
  char* out_data = static_cast<char*>(out.mutable_data_ptr());
  const int64_t out_row_bytes = out.stride(0) * cpu::ElementSize(precision);
  const cpu::Kernels& kernels = cpu::BestKernels();
  ThreadPool::Shared().ParallelFor((rows + kTaskRows - 1) / kTaskRows, [&](int64_t task) {
    const int64_t end = std::min(rows, (task + 1) * kTaskRows);
    for (int64_t row = task * kTaskRows; row < end; ++row) {
      kernels.rms_norm(precision, in + row * hidden.stride(0), weight_.data(), epsilon_, size,
                       out.stride(0), out_data + row * out_row_bytes);
    }
  });
}

}  // namespace assay
