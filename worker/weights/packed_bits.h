// Values of a few bits, packed into 32-bit words, that may lie across two of them.
#ifndef ASSAY_WORKER_WEIGHTS_PACKED_BITS_H_
#define ASSAY_WORKER_WEIGHTS_PACKED_BITS_H_

#include <cstdint>

#include "worker/weights/float_bits.h"

namespace assay {

// Words that `count` values of `bits` bits take.
inline int64_t PackedWords(int64_t count, int bits) { return (count * bits + 31) / 32; }

// Value `index`, counted from the lowest bit of the first word; `words` need not be aligned, and
// the next word lies `stride` words behind.
inline uint32_t PackedValue(const char* words, int64_t stride, int64_t index, int bits) {
  const int64_t bit = index * bits;
  const int shift = static_cast<int>(bit % 32);
  const char* at = words + bit / 32 * stride * 4;
  uint32_t value = LoadAs<uint32_t>(at) >> shift;
  if (shift + bits > 32) value |= LoadAs<uint32_t>(at + stride * 4) << (32 - shift);
  return value & ((1u << bits) - 1);
}

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_PACKED_BITS_H_
