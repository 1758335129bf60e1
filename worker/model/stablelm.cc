// StableLM 2 (Bellagente et al. 2024): Llama with layer norms and part of a head rotated.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"
#include "worker/model/llama.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeStableLm(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig llama, LlamaConfig::Parse(checkpoint));
  DecoderSpec spec = LlamaDecoder(llama);
  ASSAY_ASSIGN_OR_RETURN(
      spec.rotary.front(),
      ReadRotary(config, llama.head_size, llama.context_length, "partial_rotary_factor", 0.25));
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_eps", 1e-5));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "qk_layernorm", false, false));
  ASSAY_ASSIGN_OR_RETURN(const bool biased, config.BoolOr("use_qkv_bias", false));
  ASSAY_ASSIGN_OR_RETURN(const bool parallel, config.BoolOr("use_parallel_residual", false));
  if (parallel) spec.residual = Residual::kParallel;
  for (DecoderLayerSpec& layer : spec.layers) {
    if (parallel) layer.feed_forward_norm.clear();
    for (LinearPart* part : {&layer.queries, &layer.keys, &layer.values}) {
      part->bias = biased ? LinearPart::Bias::kNeeded : LinearPart::Bias::kNone;
    }
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
