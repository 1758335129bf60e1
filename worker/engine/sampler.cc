#include "worker/engine/sampler.h"

#include "worker/layers/cpu/kernels.h"

namespace assay {

int32_t SampleGreedily(absl::Span<const float> logits) {
  return static_cast<int32_t>(
      cpu::BestKernels().argmax(logits.data(), static_cast<int64_t>(logits.size())));
}

double LogSumOfExponentials(absl::Span<const float> logits) {
  return cpu::BestKernels().log_sum_exp(logits.data(), static_cast<int64_t>(logits.size()));
}

}  // namespace assay
