#include "worker/layers/activations.h"

#include <ATen/ATen.h>

#include "worker/layers/cpu/kernels.h"

namespace assay {

at::ScalarType ScalarTypeOf(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return at::kFloat;
    case Precision::kBFloat16:
    case Precision::kInt8:
      return at::kBFloat16;
    case Precision::kFloat16:
    case Precision::kLlmInt8:
      return at::kHalf;
  }
  return at::kFloat;
}

void* ActivationBuffer::Get(int64_t rows, int64_t columns) {
  const int64_t needed = (rows + cpu::kSpareRows) * columns;
  if (!storage_.defined() || storage_.numel() < needed) {
    storage_ = at::Tensor();
    storage_ = at::zeros({needed}, at::TensorOptions().dtype(type_));
  }
  return storage_.mutable_data_ptr();
}

}  // namespace assay
