// Attention with learned biases by distance (Raffel et al. 2020): near distances have a bucket
// each, farther ones share buckets of growing width, and each head has a bias for each bucket.
#ifndef ASSAY_WORKER_LAYERS_RELATIVE_BIAS_H_
#define ASSAY_WORKER_LAYERS_RELATIVE_BIAS_H_

#include <cstdint>
#include <utility>
#include <vector>

namespace assay {

// Which bucket a distance belongs to.
struct RelativeBuckets {
  int64_t count = 32;            // at least 2, of both directions at least 4
  int64_t most_distance = 128;   // from here on all distances share a bucket
  bool both_directions = false;  // else keys behind the query count as at its place

  // Of the distance key - query, as transformers computes it, in float32.
  int64_t BucketOf(int64_t distance) const;
};

// A table of each head's bias by distance, as far as positions have been seen, in the form that the
// kernels take (cpu::AttentionTask::bias). They subtract the entry of the last key that a row sees,
// which is the same for all of the row's keys and so changes nothing. Not thread-safe while it
// grows.
class RelativeBias {
 public:
  // weights: [buckets.count, heads].
  RelativeBias(const RelativeBuckets& buckets, int64_t heads, std::vector<float> weights)
      : buckets_(buckets), heads_(heads), weights_(std::move(weights)) {}

  // Makes room for positions [0, positions) and those of their blocks of the cache.
  void Reserve(int64_t positions);

  const float* data() const { return table_.data(); }
  // Where the entry of position 0 is for a query at `position`.
  int32_t Offset(int64_t head, int64_t position) const {
    return static_cast<int32_t>((2 * head + 1) * positions_ - position);
  }

 private:
  RelativeBuckets buckets_;
  int64_t heads_;
  std::vector<float> weights_;
  int64_t positions_ = 0;
  std::vector<float> table_;  // [heads, 2 × positions], of the distances from -positions on
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_RELATIVE_BIAS_H_
