// A tensor as it lies in a file of weights.
#ifndef ASSAY_WORKER_WEIGHTS_STORED_TENSOR_H_
#define ASSAY_WORKER_WEIGHTS_STORED_TENSOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "worker/weights/tensor_type.h"

namespace assay {

class QuantizedMatrix;

struct StoredTensor {
  std::string name;            // Hugging Face's: "model.layers.0.self_attn.q_proj.weight"
  std::vector<int64_t> shape;  // outermost first; [out, in] for a linear layer
  TensorType type = TensorType::kF32;
  // Mapped from the file; lives as long as what it was found in.
  absl::string_view bytes;
  std::string file;  // for messages
  // Not 0: the rows are stored in GGUF's order for rotary heads ([heads, 2, head/2] interleaved)
  // and are put back into Hugging Face's by Checkpoint::ReadRows. The number is that of heads.
  int64_t permuted_heads = 0;
  // Not empty: the values do not follow one another. Of each dimension, how many values of a plain
  // type its neighbours lie apart; `bytes` holds all of them and what lies between.
  std::vector<int64_t> strides = {};
  // Not null: what the weight is read from; `bytes` is empty then.
  std::shared_ptr<const QuantizedMatrix> quantized = nullptr;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_STORED_TENSOR_H_
