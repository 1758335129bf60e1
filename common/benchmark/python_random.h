// Python 3's random module, where a published protocol draws or shuffles with it.
#ifndef ASSAY_COMMON_BENCHMARK_PYTHON_RANDOM_H_
#define ASSAY_COMMON_BENCHMARK_PYTHON_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace assay {

// The same numbers as random.Random(seed) of CPython 3.2 and later, for a seed of type int: the
// Mersenne Twister MT19937, seeded by its authors' init_by_array with the seed's 32-bit digits. Not
// thread-safe.
class PythonRandom {
 public:
  explicit PythonRandom(uint64_t seed);

  // random.random(): in [0, 1), 53 bits.
  double Random();
  // random.getrandbits(bits), for 0 to 64 bits.
  uint64_t GetRandBits(int bits);
  // random.randrange(limit) and what choice, shuffle and sample draw with; `limit` is at least 1.
  uint64_t RandBelow(uint64_t limit);

  // random.shuffle(values).
  template <typename T>
  void Shuffle(std::vector<T>* values) {
    for (size_t i = values->size(); i-- > 1;) std::swap((*values)[i], (*values)[RandBelow(i + 1)]);
  }
  // The positions that random.sample(population, count) takes of a population of this size, in its
  // order; `count` is at most `population`.
  std::vector<size_t> Sample(size_t population, size_t count);

 private:
  static constexpr size_t kWords = 624;

  uint32_t NextWord();
  void Twist();

  std::array<uint32_t, kWords> words_;
  size_t next_ = kWords;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_PYTHON_RANDOM_H_
