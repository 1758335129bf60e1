#include "worker/layers/relative_bias.h"

#include <algorithm>
#include <cmath>

#include "worker/layers/cpu/kernels.h"

namespace assay {

int64_t RelativeBuckets::BucketOf(int64_t distance) const {
  int64_t buckets = count;
  int64_t first = 0;
  if (both_directions) {
    buckets /= 2;
    if (distance > 0) first = buckets;
    distance = std::abs(distance);
  } else {
    distance = std::max<int64_t>(0, -distance);
  }
  const int64_t exact = buckets / 2;
  if (distance < exact) return first + distance;
  const float ratio = static_cast<float>(distance) / static_cast<float>(exact);
  const float range =
      static_cast<float>(std::log(static_cast<double>(most_distance) / static_cast<double>(exact)));
  const float step = std::log(ratio) / range * static_cast<float>(buckets - exact);
  // Beyond what an integer holds where the range is next to nothing.
  const int64_t farther = step < static_cast<float>(buckets) ? static_cast<int64_t>(step) : buckets;
  return first + std::min(exact + farther, buckets - 1);
}

void RelativeBias::Reserve(int64_t positions) {
  if (positions <= positions_) return;
  // Doubled, so that decoding does not make it anew for each block.
  positions_ = std::max(cpu::RoundUp(positions, cpu::kBlockTokens), 2 * positions_);
  table_.resize(static_cast<size_t>(2 * heads_ * positions_));
  for (int64_t i = 0; i < 2 * positions_; ++i) {
    const int64_t bucket = buckets_.BucketOf(i - positions_);
    for (int64_t head = 0; head < heads_; ++head) {
      table_[static_cast<size_t>(2 * head * positions_ + i)] =
          weights_[static_cast<size_t>(bucket * heads_ + head)];
    }
  }
}

}  // namespace assay
