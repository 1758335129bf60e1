#include "worker/layers/position_bias.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "common/domain/run.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

// The first `count` powers of a base, one or two apart, in float32 as the reference has them.
void AppendSeries(int64_t heads, int64_t count, int64_t step, std::vector<float>* slopes) {
  const double log_heads = std::log2(static_cast<double>(heads));
  const float base = static_cast<float>(std::pow(2.0, -std::pow(2.0, -(log_heads - 3.0))));
  for (int64_t i = 0; i < count; ++i) {
    slopes->push_back(
        static_cast<float>(std::pow(static_cast<double>(base), static_cast<double>(1 + i * step))));
  }
}

float RoundToBFloat16(float value) {
  return cpu::FromBits16(Precision::kBFloat16, cpu::ToBits16(Precision::kBFloat16, value));
}

}  // namespace

std::vector<float> AlibiSlopes(int64_t heads) {
  const int64_t power = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(heads)));
  std::vector<float> slopes;
  AppendSeries(power, power, 1, &slopes);
  AppendSeries(2 * power, heads - power, 2, &slopes);
  return slopes;
}

void PositionBias::Reserve(absl::Span<const int32_t> positions) {
  if (positions.empty()) return;
  const int64_t last = *std::max_element(positions.begin(), positions.end());
  if (last < positions_) return;
  // Doubled, so that decoding does not make it anew for each block.
  positions_ = std::max(cpu::RoundUp(last + 1, cpu::kBlockTokens), 2 * positions_);
  table_.clear();
  table_.reserve(settings_.slopes.size() * static_cast<size_t>(positions_));
  for (const float slope : settings_.slopes) {
    for (int64_t position = 0; position < positions_; ++position) {
      const float at = static_cast<float>(position);
      const float value = settings_.bfloat16
                              ? RoundToBFloat16(RoundToBFloat16(slope) * RoundToBFloat16(at))
                              : slope * at;
      table_.push_back(value * settings_.scale);
    }
  }
}

}  // namespace assay
