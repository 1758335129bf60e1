// Root-mean-square normalization (Zhang and Sennrich 2019).
#ifndef ASSAY_WORKER_LAYERS_RMS_NORM_H_
#define ASSAY_WORKER_LAYERS_RMS_NORM_H_

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

  // One row: hidden float32 [size] → row `out_row` of `out`, the input of a product of `precision`
  // with Padded(size) columns, zero behind `size`.
  void Apply(Precision precision, const float* hidden, void* out, int64_t out_row) const;

  int64_t size() const { return static_cast<int64_t>(weight_.size()); }

 private:
  std::vector<float> weight_;
  float epsilon_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_RMS_NORM_H_
