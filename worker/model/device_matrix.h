// A matrix of weights on a device, in the form that it is kept in, for products by libtorch.
#ifndef ASSAY_WORKER_MODEL_DEVICE_MATRIX_H_
#define ASSAY_WORKER_MODEL_DEVICE_MATRIX_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "worker/weights/quantized_matrix.h"

namespace assay {

// W [out, in]. Immutable. Throws what libtorch throws.
class DeviceMatrix {
 public:
  DeviceMatrix() = default;

  // Of any floating type; it is kept as it is.
  static DeviceMatrix Plain(const at::Tensor& weight);
  // Each row of a float32 matrix in 8 bits, its greatest magnitude being 127, with a scale: what
  // PackPanel makes of it (worker/layers/weight_panels.h).
  static DeviceMatrix EightBits(const at::Tensor& weight);
  // Four bits a weight, as a folder stores them.
  static DeviceMatrix FourBits(const FourBitWeights& weights);

  bool defined() const { return values_.defined(); }
  int64_t out() const { return values_.size(0); }
  int64_t in() const { return in_; }
  int64_t bytes() const;
  bool is_plain() const { return form_ == Form::kPlain; }

  // These rows (int64) of it.
  DeviceMatrix Rows(const at::Tensor& rows) const;
  DeviceMatrix To(at::Device device) const;

  // Row for row as float32: [rows, in].
  at::Tensor ReadRows(const at::Tensor& rows) const;
  // The whole of it, rounded to `type` once; no copy where it is kept so.
  at::Tensor Weight(at::ScalarType type) const;

  // Of EightBits: the whole numbers int8 [out, in], and float32 [out].
  const at::Tensor& whole_numbers() const { return values_; }
  const at::Tensor& scales() const { return scales_; }

 private:
  enum class Form { kPlain, kEightBits, kFourBits };
  at::Tensor Float32() const;

  Form form_ = Form::kPlain;
  int64_t in_ = 0;
  at::Tensor values_;  // [out, in]; of kFourBits uint8 [out, ⌈in/2⌉], the first in the low half
  at::Tensor scales_;  // float32 [out], of kFourBits [out, groups]
  at::Tensor zeros_;   // float32 [out, groups] or undefined
  at::Tensor table_;   // float32 [16], what each value stands for; undefined: itself
  at::Tensor group_of_;  // int64 [in]
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DEVICE_MATRIX_H_
