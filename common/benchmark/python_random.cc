#include "common/benchmark/python_random.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_set>

namespace assay {
namespace {

constexpr size_t kShift = 397;  // MT19937's "m"

}  // namespace

PythonRandom::PythonRandom(uint64_t seed) {
  std::vector<uint32_t> key = {static_cast<uint32_t>(seed)};
  if (seed >> 32 != 0) key.push_back(static_cast<uint32_t>(seed >> 32));

  words_[0] = 19650218;
  for (uint32_t i = 1; i < kWords; ++i) {
    words_[i] = 1812433253 * (words_[i - 1] ^ (words_[i - 1] >> 30)) + i;
  }
  size_t i = 1;
  const auto previous = [this, &i] { return words_[i - 1] ^ (words_[i - 1] >> 30); };
  const auto advance = [this, &i] {
    if (++i < kWords) return;
    words_[0] = words_[kWords - 1];
    i = 1;
  };
  for (size_t step = 0; step < std::max(kWords, key.size()); ++step) {
    const size_t digit = step % key.size();
    words_[i] = (words_[i] ^ (previous() * 1664525)) + key[digit] + static_cast<uint32_t>(digit);
    advance();
  }
  for (size_t step = 1; step < kWords; ++step) {
    words_[i] = (words_[i] ^ (previous() * 1566083941)) - static_cast<uint32_t>(i);
    advance();
  }
  words_[0] = 0x80000000;
}

void PythonRandom::Twist() {
  for (size_t i = 0; i < kWords; ++i) {
    const uint32_t mixed = (words_[i] & 0x80000000) | (words_[(i + 1) % kWords] & 0x7fffffff);
    words_[i] = words_[(i + kShift) % kWords] ^ (mixed >> 1) ^ (mixed % 2 == 0 ? 0 : 0x9908b0df);
  }
  next_ = 0;
}

uint32_t PythonRandom::NextWord() {
  if (next_ == kWords) Twist();
  uint32_t word = words_[next_++];
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680;
  word ^= (word << 15) & 0xefc60000;
  return word ^ (word >> 18);
}

double PythonRandom::Random() {
  const uint64_t high = NextWord() >> 5;
  const uint64_t low = NextWord() >> 6;
  return std::ldexp(static_cast<double>((high << 26) | low), -53);
}

uint64_t PythonRandom::GetRandBits(int bits) {
  if (bits == 0) return 0;
  if (bits <= 32) return NextWord() >> (32 - bits);
  const uint64_t low = NextWord();
  return low | static_cast<uint64_t>(NextWord() >> (64 - bits)) << 32;
}

uint64_t PythonRandom::RandBelow(uint64_t limit) {
  const int bits = std::bit_width(limit);
  uint64_t drawn = GetRandBits(bits);
  while (drawn >= limit) drawn = GetRandBits(bits);
  return drawn;
}

std::vector<size_t> PythonRandom::Sample(size_t population, size_t count) {
  // Python keeps a list where that takes less memory than a set would; the two draw differently.
  double set_size = 21;
  if (count > 5) {
    set_size += std::pow(4, std::ceil(std::log(static_cast<double>(count) * 3) / std::log(4)));
  }
  std::vector<size_t> sample;
  sample.reserve(count);
  if (static_cast<double>(population) <= set_size) {
    std::vector<size_t> pool(population);
    std::iota(pool.begin(), pool.end(), size_t{0});
    for (size_t left = population; sample.size() < count; --left) {
      size_t& drawn = pool[RandBelow(left)];
      sample.push_back(drawn);
      drawn = pool[left - 1];
    }
    return sample;
  }
  std::unordered_set<size_t> selected;
  while (sample.size() < count) {
    const size_t drawn = RandBelow(population);
    if (selected.insert(drawn).second) sample.push_back(drawn);
  }
  return sample;
}

}  // namespace assay
