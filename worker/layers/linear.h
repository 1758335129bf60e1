// Linear layers whose weights lie in panels (cpu/kernels.h), and the token embedding that may share
// them.
#ifndef ASSAY_WORKER_LAYERS_LINEAR_H_
#define ASSAY_WORKER_LAYERS_LINEAR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// y = x Wᵀ + b. Immutable after Load; thread-safe, but one Forward at a time (it uses the shared
// thread pool).
class Linear {
 public:
  Linear() = default;

  // The stacked weights of "<name>.weight" for each of `names`, rows one below the other, each
  // [rows, depth]; and of "<name>.bias" where the checkpoint has them (absent ones count as zero
  // when another has one).
  static absl::StatusOr<Linear> Load(const Checkpoint& checkpoint,
                                     const std::vector<std::string>& names, Precision precision);
  // For a gated layer: 16 rows of `gate`, 16 of `up`, in turn, as Output::kSiluMul wants them.
  static absl::StatusOr<Linear> LoadGated(const Checkpoint& checkpoint, const std::string& gate,
                                          const std::string& up, Precision precision);

  int64_t depth() const { return depth_; }      // in features
  int64_t columns() const { return columns_; }  // out features, gate and up counted apart

  // input [rows, Padded(depth)] of the compute type, contiguous, zero behind `depth`. output: for
  // kStore and kAdd float32 [rows, ≥ columns], for kSiluMul of the compute type [rows,
  // Padded(columns / 2)].
  void Forward(const at::Tensor& input, cpu::Output kind, at::Tensor output) const;

  // Row `index` of W as float32, `depth` values.
  void ReadRow(int64_t index, float* out) const;

  int64_t bytes() const { return panels_.defined() ? static_cast<int64_t>(panels_.nbytes()) : 0; }

 private:
  struct Row {
    const StoredTensor* tensor;
    int64_t index;
  };
  static absl::StatusOr<Linear> Pack(const Checkpoint& checkpoint, const std::vector<Row>& rows,
                                     const std::vector<float>& bias, Precision precision);

  Precision precision_ = Precision::kFloat32;
  int64_t depth_ = 0;
  int64_t columns_ = 0;
  at::Tensor
      panels_;  // [panels, Padded(depth), kPanel], or 16-bit [panels, Padded(depth) / 2, kPanel, 2]
  at::Tensor bias_;  // float32 [panels × kPanel] or undefined
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_LINEAR_H_
