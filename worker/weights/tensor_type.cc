#include "worker/weights/tensor_type.h"

#include <cstring>
#include <iterator>

#include "worker/weights/float_bits.h"
#include "worker/weights/quantized_blocks.h"

namespace assay {
namespace {

using DequantizeBlock = void (*)(const uint8_t* block, float* out);

struct Row {
  TensorTypeInfo info;
  DequantizeBlock dequantize;  // null for plain types
};

// In the order of TensorType.
constexpr Row kTypes[] = {
    {{"float32", 1, 4}, nullptr},
    {{"float16", 1, 2}, nullptr},
    {{"bfloat16", 1, 2}, nullptr},
    {{"Q8_0", 32, 34}, DequantizeQ8_0},
    {{"Q4_0", 32, 18}, DequantizeQ4_0},
    {{"Q4_1", 32, 20}, DequantizeQ4_1},
    {{"Q5_0", 32, 22}, DequantizeQ5_0},
    {{"Q5_1", 32, 24}, DequantizeQ5_1},
    {{"Q2_K", 256, 84}, DequantizeQ2_K},
    {{"Q3_K", 256, 110}, DequantizeQ3_K},
    {{"Q4_K", 256, 144}, DequantizeQ4_K},
    {{"Q5_K", 256, 176}, DequantizeQ5_K},
    {{"Q6_K", 256, 210}, DequantizeQ6_K},
    {{"Q8_K", 256, 292}, DequantizeQ8_K},
    {{"int8", 1, 1}, nullptr},
    {{"uint8", 1, 1}, nullptr},
    {{"int32", 1, 4}, nullptr},
    {{"int64", 1, 8}, nullptr},
};
static_assert(std::size(kTypes) == static_cast<size_t>(kTensorTypes));

template <typename Integer>
void IntegersToFloat32(const uint8_t* in, int64_t values, float* out) {
  constexpr int64_t kBytes = sizeof(Integer);
  for (int64_t i = 0; i < values; ++i) {
    out[i] = static_cast<float>(LoadAs<Integer>(in + kBytes * i));
  }
}

}  // namespace

const TensorTypeInfo& Info(TensorType type) { return kTypes[static_cast<size_t>(type)].info; }

void ToFloat32(TensorType type, const void* bytes, int64_t values, float* out) {
  const uint8_t* in = static_cast<const uint8_t*>(bytes);
  switch (type) {
    case TensorType::kF32:
      if (values > 0) std::memcpy(out, in, static_cast<size_t>(values) * sizeof(float));
      return;
    case TensorType::kF16:
      for (int64_t i = 0; i < values; ++i) out[i] = Float16Bits(LoadAs<uint16_t>(in + 2 * i));
      return;
    case TensorType::kBF16:
      for (int64_t i = 0; i < values; ++i) out[i] = BFloat16Bits(LoadAs<uint16_t>(in + 2 * i));
      return;
    case TensorType::kInt8:
      return IntegersToFloat32<int8_t>(in, values, out);
    case TensorType::kUInt8:
      return IntegersToFloat32<uint8_t>(in, values, out);
    case TensorType::kInt32:
      return IntegersToFloat32<int32_t>(in, values, out);
    case TensorType::kInt64:
      return IntegersToFloat32<int64_t>(in, values, out);
    default:
      break;
  }
  const Row& row = kTypes[static_cast<size_t>(type)];
  for (int64_t done = 0; done < values; done += row.info.block_values) {
    row.dequantize(in, out + done);
    in += row.info.block_bytes;
  }
}

}  // namespace assay
