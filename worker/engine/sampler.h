// From logits to tokens and probabilities.
#ifndef ASSAY_WORKER_ENGINE_SAMPLER_H_
#define ASSAY_WORKER_ENGINE_SAMPLER_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/base/philox.h"

namespace assay {

// How the tokens of a sequence are chosen; the meaning is that of SamplingSettings
// (common/domain/run_settings.h).
struct TokenSampling {
  double temperature = 0;  // 0: greedily, and the rest is of no account
  double top_p = 1;
  int top_k = 0;
  RandomStream random;
};

// The most probable token, the lowest id of equal ones.
int32_t SampleGreedily(absl::Span<const float> logits);

// The sequence's new token number `index`, from 0 on: a pure function of the arguments. Of equally
// probable tokens the one of the lower id counts as the more probable. Thread-safe.
int32_t SampleToken(absl::Span<const float> logits, const TokenSampling& sampling, int64_t index);

// The logarithm (natural) of the softmax's denominator: a token's log-probability is its logit less
// this.
double LogSumOfExponentials(absl::Span<const float> logits);

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_SAMPLER_H_
