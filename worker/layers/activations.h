// The intermediate results of a forward pass, in buffers that are kept from one pass to the next.
#ifndef ASSAY_WORKER_LAYERS_ACTIVATIONS_H_
#define ASSAY_WORKER_LAYERS_ACTIVATIONS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "common/domain/run.h"

namespace assay {

// The dtype that holds a precision's values.
at::ScalarType ScalarTypeOf(Precision precision);

// A buffer that grows and never shrinks. Not thread-safe.
class ActivationBuffer {
 public:
  explicit ActivationBuffer(at::ScalarType type) : type_(type) {}

  // Room for a [rows, columns] matrix, in any layout of the kernels (cpu/kernels.h), and for
  // kSpareRows rows behind it. The content is what was left there; zero when new. Throws
  // std::bad_alloc or what libtorch throws when there is no memory.
  void* Get(int64_t rows, int64_t columns);
  // Gives the memory back.
  void Free() { storage_ = at::Tensor(); }

 private:
  at::ScalarType type_;
  at::Tensor storage_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_ACTIVATIONS_H_
