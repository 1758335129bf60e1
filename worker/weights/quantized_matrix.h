// The matrix of a linear layer that a Hugging Face folder stores in a quantized format.
#ifndef ASSAY_WORKER_WEIGHTS_QUANTIZED_MATRIX_H_
#define ASSAY_WORKER_WEIGHTS_QUANTIZED_MATRIX_H_

#include <cstdint>
#include <memory>
#include <string>

namespace assay {

// Its parts are checked when it is made, so that reading cannot fail. Thread-safe.
class QuantizedMatrix {
 public:
  virtual ~QuantizedMatrix() = default;

  // Rows [begin, end) of W [out, in] as float32, each value as the format defines it, not rounded
  // to the 16 bits that its own library computes in.
  virtual void ReadRows(int64_t begin, int64_t end, float* out) const = 0;
  virtual std::string TypeName() const = 0;  // for people: "GPTQ 4-bit"
};

// A layer's matrix W[out, in] with its sizes.
struct QuantizedLayer {
  int64_t out = 0;
  int64_t in = 0;
  std::shared_ptr<const QuantizedMatrix> matrix;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_QUANTIZED_MATRIX_H_
