// The matrix of a linear layer that a Hugging Face folder stores in a quantized format.
#ifndef ASSAY_WORKER_WEIGHTS_QUANTIZED_MATRIX_H_
#define ASSAY_WORKER_WEIGHTS_QUANTIZED_MATRIX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace assay {

// A matrix of 4 bits a weight as one thing for all formats: W[o, k] = scales[o, g] × (v(q) −
// zeros[o, g]), q being the 4 bits of o and k, and g the group of k.
struct FourBitWeights {
  int64_t out = 0, in = 0;
  std::vector<uint8_t> values = {};    // [out, ⌈in/2⌉]; of two inputs the first in the low half
  std::vector<float> scales = {};      // [out, groups]
  std::vector<float> zeros = {};       // [out, groups]; empty: none
  std::vector<float> table = {};       // [16], v(q); empty: q itself
  std::vector<int64_t> group_of = {};  // [in]
};

// Its parts are checked when it is made, so that reading cannot fail. Thread-safe.
class QuantizedMatrix {
 public:
  virtual ~QuantizedMatrix() = default;

  // Rows [begin, end) of W [out, in] as float32, each value as the format defines it, not rounded
  // to the 16 bits that its own library computes in.
  virtual void ReadRows(int64_t begin, int64_t end, float* out) const = 0;
  // The bits themselves; none where a weight has not four of them, or where its groups go over the
  // ends of rows.
  virtual std::optional<FourBitWeights> ReadFourBits() const { return std::nullopt; }
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
