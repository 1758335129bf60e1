// The types that tensors are stored in, and their conversion to float32.
#ifndef ASSAY_WORKER_WEIGHTS_TENSOR_TYPE_H_
#define ASSAY_WORKER_WEIGHTS_TENSOR_TYPE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

enum class TensorType {
  kF32,
  kF16,
  kBF16,
  kQ8_0,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ2_K,
  kQ3_K,
  kQ4_K,
  kQ5_K,
  kQ6_K,
  kQ8_K,
  // Parts of quantized formats, no weights in themselves.
  kInt8,
  kUInt8,
  kInt32,
  kInt64,
};
inline constexpr int kTensorTypes = static_cast<int>(TensorType::kInt64) + 1;

struct TensorTypeInfo {
  absl::string_view name;  // "float32", "bfloat16", "Q4_1"
  int64_t block_values;    // values in a block; 1 for plain types
  int64_t block_bytes;
};
const TensorTypeInfo& Info(TensorType type);

// Converts `values` values (a multiple of the block) from `bytes` (exactly that many blocks) to
// float32, each operation in float32 and in the order of the reference (llama.cpp's
// dequantize_row_*, gguf-py's quants.py), so that the results have the same bits.
void ToFloat32(TensorType type, const void* bytes, int64_t values, float* out);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_TENSOR_TYPE_H_
