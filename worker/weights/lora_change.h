// What a LoRA adapter adds to one tensor of its base.
#ifndef ASSAY_WORKER_WEIGHTS_LORA_CHANGE_H_
#define ASSAY_WORKER_WEIGHTS_LORA_CHANGE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/stored_tensor.h"

namespace assay {

// Of a matrix a and b; of a bias `bias` alone.
struct LoraChange {
  const StoredTensor* a = nullptr;          // [rank, in]
  const StoredTensor* b = nullptr;          // [out, rank]
  const StoredTensor* bias = nullptr;       // [out]
  const StoredTensor* magnitude = nullptr;  // [out], DoRA's: each row gets this length
  bool transposed = false;                  // the tensor is [in, out]; without magnitudes
  float scale = 0;

  // Changes the tensor's rows [begin, end), which `out` holds. A row's result is the same for any
  // cut. `reader` is any checkpoint. Errors are those of reading.
  absl::Status Apply(const Checkpoint& reader, int64_t begin, int64_t end, float* out) const;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_LORA_CHANGE_H_
