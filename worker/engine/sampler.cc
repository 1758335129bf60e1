#include "worker/engine/sampler.h"

#include "worker/layers/cpu/kernels.h"

namespace assay {

int32_t SampleGreedily(absl::Span<const float> logits) {
  return static_cast<int32_t>(
      cpu::BestKernels().argmax(logits.data(), static_cast<int64_t>(logits.size())));
}

LogProbabilities::LogProbabilities(absl::Span<const float> logits)
    : logits_(logits),
      log_sum_(cpu::BestKernels().log_sum_exp(logits.data(), static_cast<int64_t>(logits.size()))) {
}

double LogProbabilities::Of(int32_t token) const {
  return static_cast<double>(logits_[static_cast<size_t>(token)]) - log_sum_;
}

}  // namespace assay
