// The random numbers of bootstraps and permutation tests: the same for a seed on every platform and
// with every library.
//
// xoshiro256** 1.0 (Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators"),
// its state filled by SplitMix64 from the seed, as its authors advise. Below() is Lemire's method
// (2019, "Fast random integer generation in an interval").
#ifndef ASSAY_COMMON_STATISTICS_RANDOM_H_
#define ASSAY_COMMON_STATISTICS_RANDOM_H_

#include <bit>
#include <cstdint>

namespace assay {

// Not thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9E3779B97F4A7C15;
      uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
      word = mixed ^ (mixed >> 31);
    }
  }

  // 64 independent bits.
  uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Each of 0, ..., bound - 1 with the same probability; bound > 0.
  uint64_t Below(uint64_t bound) {
    unsigned __int128 product = static_cast<unsigned __int128>(Next()) * bound;
    if (static_cast<uint64_t>(product) < bound) {
      const uint64_t threshold = (0 - bound) % bound;
      while (static_cast<uint64_t>(product) < threshold) {
        product = static_cast<unsigned __int128>(Next()) * bound;
      }
    }
    return static_cast<uint64_t>(product >> 64);
  }

 private:
  uint64_t state_[4];
};

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_RANDOM_H_
