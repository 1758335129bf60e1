// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2,
// 3"): random bits as a pure function of a key and a counter, so that nobody has to have drawn the
// numbers before.
#ifndef ASSAY_COMMON_BASE_PHILOX_H_
#define ASSAY_COMMON_BASE_PHILOX_H_

#include <array>
#include <cstdint>

namespace assay {

inline std::array<uint32_t, 4> Philox(std::array<uint32_t, 4> counter,
                                      std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t first = uint64_t{0xD2511F53} * counter[0];
    const uint64_t second = uint64_t{0xCD9E8D57} * counter[2];
    counter = {
        static_cast<uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(second),
        static_cast<uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// A sequence of random numbers, told from all others by these bits.
struct RandomStream {
  uint64_t key = 0;
  uint64_t nonce = 0;

  // Number `index` of the stream, uniform in [0, 1), of 53 bits.
  double Uniform(uint64_t index) const {
    const auto low = [](uint64_t value) { return static_cast<uint32_t>(value); };
    const auto high = [](uint64_t value) { return static_cast<uint32_t>(value >> 32); };
    const std::array<uint32_t, 4> bits =
        Philox({low(index), high(index), low(nonce), high(nonce)}, {low(key), high(key)});
    return static_cast<double>((uint64_t{bits[0]} << 32 | bits[1]) >> 11) * 0x1p-53;
  }
};

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_PHILOX_H_
