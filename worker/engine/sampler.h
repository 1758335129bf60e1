// From logits to tokens and probabilities.
#ifndef ASSAY_WORKER_ENGINE_SAMPLER_H_
#define ASSAY_WORKER_ENGINE_SAMPLER_H_

#include <cstdint>

#include "absl/types/span.h"

namespace assay {

// The most probable token, the lowest id of equal ones.
int32_t SampleGreedily(absl::Span<const float> logits);

// The logarithm (natural) of the softmax's denominator: a token's log-probability is its logit less
// this.
double LogSumOfExponentials(absl::Span<const float> logits);

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_SAMPLER_H_
