// How many bits of a word are set.
#ifndef ASSAY_COMMON_STATISTICS_COUNT_BITS_H_
#define ASSAY_COMMON_STATISTICS_COUNT_BITS_H_

#include <cstdint>

namespace assay {

// std::popcount is a call of a library where the compiler may not assume the processor's
// instruction.
inline int64_t CountBits(uint64_t word) {
  word -= (word >> 1) & 0x5555555555555555;
  word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333);
  word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return static_cast<int64_t>((word * 0x0101010101010101) >> 56);
}

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_COUNT_BITS_H_
