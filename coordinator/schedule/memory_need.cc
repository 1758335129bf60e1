#include "coordinator/schedule/memory_need.h"

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr int64_t kLongestSequence = 4096;  // tokens
// A transformer of l layers of width d has about 12 l d² parameters, and 2 l d values of keys and
// values for a token. With the suite's shapes (l = d / 128 up to d / 100) that is 0.08 values for
// each parameter to the power of 2/3: LLaMA 7B 0.072, 65B 0.081.
constexpr double kValuesPerToken = 0.08;

double BytesOf(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return 4;
    case Precision::kBFloat16:
    case Precision::kFloat16:
      return 2;
    case Precision::kInt8:
    case Precision::kLlmInt8:
      return 1.1;  // embeddings and scales are not of 8 bits
  }
  return 4;
}

}  // namespace

int64_t MemoryNeed(int64_t parameters, int64_t context_length, Precision precision) {
  if (parameters <= 0) return 0;
  const auto count = static_cast<double>(parameters);
  const double value_bytes = precision == Precision::kFloat32 ? 4 : 2;
  const auto tokens = static_cast<double>(
      context_length > 0 ? std::min(context_length, kLongestSequence) : kLongestSequence);
  const double cache = kValuesPerToken * std::pow(count, 2.0 / 3.0) * value_bytes * tokens;
  return static_cast<int64_t>(std::min(count * BytesOf(precision) + cache, 9e18));
}

}  // namespace assay
