// GPT-2 (Radford et al. 2019): learned positions, matrices stored as [in, out].
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGpt2(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(Gpt2Fields fields, ReadGpt2Fields(config, 1024, "gelu_new"));
  const DecoderSizes& sizes = fields.sizes;
  DecoderSpec& spec = fields.spec;
  const int64_t hidden = sizes.hidden;
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "scale_attn_by_inverse_layer_idx", false, false));
  ASSAY_ASSIGN_OR_RETURN(const bool scaled, config.BoolOr("scale_attn_weights", true));
  if (!scaled) spec.score_scale = 1.0f;
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", true));
  const std::string prefix = TensorPrefix(checkpoint, {"transformer.", ""}, "wte.weight");
  spec.embedding = Matrix(prefix + "wte", sizes.vocabulary, hidden);
  if (!tied) spec.head = Matrix("lm_head", sizes.vocabulary, hidden);
  spec.positions = Matrix(prefix + "wpe", spec.context_length, hidden);
  spec.final_norm = prefix + "ln_f";
  const auto transposed = [](const std::string& name, int64_t out, int64_t in) {
    LinearPart part = Biased(name, out, in);
    part.transposed = true;
    return part;
  };
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat(prefix, "h.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "ln_1";
    SplitStacked(transposed(name + "attn.c_attn", 3 * hidden, hidden), hidden, hidden, &layer);
    layer.attention_output = transposed(name + "attn.c_proj", hidden, hidden);
    layer.feed_forward_norm = name + "ln_2";
    layer.up = transposed(name + "mlp.c_fc", spec.intermediate_size, hidden);
    layer.down = transposed(name + "mlp.c_proj", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
