// From logits to tokens and probabilities.
#ifndef ASSAY_WORKER_ENGINE_SAMPLER_H_
#define ASSAY_WORKER_ENGINE_SAMPLER_H_

#include <cstdint>

#include "absl/types/span.h"

namespace assay {

// The most probable token, the lowest id of equal ones.
int32_t SampleGreedily(absl::Span<const float> logits);

// Log-probabilities (natural logarithm) of single tokens by the softmax over `logits`, which must
// outlive the object.
class LogProbabilities {
 public:
  explicit LogProbabilities(absl::Span<const float> logits);
  double Of(int32_t token) const;

 private:
  absl::Span<const float> logits_;
  double log_sum_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_SAMPLER_H_
