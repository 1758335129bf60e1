// 16-bit floats to float32, exactly. Branch-free, so that loops over them vectorise.
#ifndef ASSAY_WORKER_WEIGHTS_FLOAT_BITS_H_
#define ASSAY_WORKER_WEIGHTS_FLOAT_BITS_H_

#include <bit>
#include <cstdint>
#include <cstring>

namespace assay {

static_assert(std::endian::native == std::endian::little, "model files are little-endian");

// A value at an address that need not be aligned.
template <typename T>
T LoadAs(const void* address) {
  T value;
  std::memcpy(&value, address, sizeof(T));
  return value;
}

inline float Float16Bits(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t rest = static_cast<uint32_t>(half & 0x7fffu) << 13;
  // The exponent's bias goes from 15 to 127; all ones (infinity, NaN) must stay all ones.
  const uint32_t normal = rest + (112u << 23) + (rest >= (31u << 23) ? 112u << 23 : 0u);
  // A subnormal is its mantissa above 2^-14: put it there as a normal number and subtract, which is
  // exact.
  const float subnormal = std::bit_cast<float>(rest + (113u << 23)) - 0x1p-14f;
  return std::bit_cast<float>((rest < (1u << 23) ? std::bit_cast<uint32_t>(subnormal) : normal) |
                              sign);
}

inline float BFloat16Bits(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_FLOAT_BITS_H_
