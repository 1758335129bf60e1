#include "worker/layers/rms_norm.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {
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

void RmsNorm::Apply(Precision precision, const float* hidden, void* out, int64_t out_row) const {
  cpu::BestKernels().rms_norm(precision, hidden, weight_.data(), epsilon_, size(),
                              cpu::Padded(size()), out, out_row);
}

}  // namespace assay
