// Root-mean-square normalization (Zhang and Sennrich 2019).
#ifndef ASSAY_WORKER_LAYERS_RMS_NORM_H_
#define ASSAY_WORKER_LAYERS_RMS_NORM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// Immutable after Load.
class RmsNorm {
 public:
  RmsNorm() = default;
  // "<name>.weight" of `size` values, kept in float32.
  static absl::StatusOr<RmsNorm> Load(const Checkpoint& checkpoint, const std::string& name,
                                      int64_t size, float epsilon);

  // hidden float32 [rows, size] → out [rows, Padded(size)] of `precision`'s dtype, zero behind
  // `size`.
  void Forward(Precision precision, const at::Tensor& hidden, at::Tensor out) const;

 private:
  std::vector<float> weight_;
  float epsilon_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_RMS_NORM_H_
