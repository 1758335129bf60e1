// Normalization of a row: by its root mean square (Zhang and Sennrich 2019), or by its mean and
// variance (Ba et al. 2016).
#ifndef ASSAY_WORKER_LAYERS_NORM_H_
#define ASSAY_WORKER_LAYERS_NORM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/weights/checkpoint.h"

namespace assay {

struct NormKind {
  enum class Form {
    kRms,
    kRmsPlusOne,  // the weight is stored less one
    kLayer,
  };
  Form form = Form::kRms;
  float epsilon = 1e-5f;
  bool has_weight = true;
  bool has_bias = false;  // kLayer
};

// That "<name>.weight" and "<name>.bias", as far as the kind has them, are there with `size`
// values; appends them.
absl::Status FindTensors(const Checkpoint& checkpoint, const std::string& name, int64_t size,
                         const NormKind& kind, std::vector<const StoredTensor*>* tensors);

// Immutable after Load.
class Norm {
 public:
  Norm() = default;
  // Kept in float32.
  static absl::StatusOr<Norm> Load(const Checkpoint& checkpoint, const std::string& name,
                                   int64_t size, const NormKind& kind);

  // One row: float32 [size] → row `out_row` of `out`, the input of a product of `precision` with
  // Padded(size) columns, zero behind `size`.
  void Apply(Precision precision, const float* row, void* out, int64_t out_row) const;
  // In place.
  void Apply(float* row) const;

  int64_t size() const { return static_cast<int64_t>(weight_.size()); }

 private:
  void Apply(Precision precision, const float* row, int64_t padded, void* out,
             int64_t out_row) const;

  NormKind kind_;
  std::vector<float> weight_;
  std::vector<float> bias_;
};

// A row as it is → row `out_row` of the input of a product, as above.
void StoreInputRow(Precision precision, const float* row, int64_t size, void* out, int64_t out_row);

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_NORM_H_
