// Attention with linear biases (Press et al. 2022): in place of position embeddings, scores fall
// with the distance of a key, in each head at a slope of its own.
#ifndef ASSAY_WORKER_LAYERS_POSITION_BIAS_H_
#define ASSAY_WORKER_LAYERS_POSITION_BIAS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace assay {

// A table of slope × position for each head, as far as positions have been seen. A score's bias is
// the difference of two entries. Not thread-safe while it grows.
class PositionBias {
 public:
  struct Settings {
    std::vector<float> slopes;  // one a head
    // Falcon's implementation computes the table in bfloat16 and then multiplies it by the scores'
    // scale; checkpoints are trained with that.
    bool bfloat16 = false;
    float scale = 1.0f;
  };
  explicit PositionBias(Settings settings) : settings_(std::move(settings)) {}

  // Makes room for these positions and those of their blocks of the cache.
  void Reserve(absl::Span<const int32_t> positions);

  const float* data() const { return table_.data(); }
  // Where the table of a head begins.
  int32_t Offset(int64_t head) const { return static_cast<int32_t>(head * positions_); }

 private:
  Settings settings_;
  int64_t positions_ = 0;
  std::vector<float> table_;  // [heads, positions]
};

// The slopes of Press et al., as BLOOM and Falcon have them: a geometric series, and for a number
// of heads that is no power of two the rest from the series of twice as many.
std::vector<float> AlibiSlopes(int64_t heads);

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_POSITION_BIAS_H_
