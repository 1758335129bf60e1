// GPT-NeoX (Black et al. 2022): Pythia, Dolly 2, StableLM alpha, RedPajama, OpenAssistant.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGptNeox(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(
      const DecoderSizes sizes,
      ReadDecoderSizes(config, "hidden_size", "num_hidden_layers", "num_attention_heads"));
  const int64_t hidden = sizes.hidden;
  DecoderSpec spec = DecoderOf(sizes);
  ASSAY_ASSIGN_OR_RETURN(spec.intermediate_size,
                         config.Integer("intermediate_size", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "max_position_embeddings", 2048));
  ASSAY_ASSIGN_OR_RETURN(
      const RotaryConfig rotary,
      ReadRotary(config, sizes.head, spec.context_length, "rotary_pct", 0.25, "rotary_emb_base"));
  spec.rotary = {rotary};
  ASSAY_ASSIGN_OR_RETURN(const bool parallel, config.BoolOr("use_parallel_residual", true));
  spec.residual = parallel ? Residual::kParallel : Residual::kSequential;
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_eps", 1e-5));
  ASSAY_ASSIGN_OR_RETURN(spec.activation, ReadActivation(config, "hidden_act", "gelu"));
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", false));
  ASSAY_ASSIGN_OR_RETURN(const bool attention_bias, config.BoolOr("attention_bias", true));
  const LinearPart::Bias bias =
      attention_bias ? LinearPart::Bias::kNeeded : LinearPart::Bias::kNone;
  spec.embedding = Matrix("gpt_neox.embed_in", sizes.vocabulary, hidden);
  if (!tied) {
    const char* head = checkpoint.Has("lm_head.weight") ? "lm_head" : "embed_out";
    spec.head = Matrix(head, sizes.vocabulary, hidden);
  }
  spec.final_norm = "gpt_neox.final_layer_norm";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat("gpt_neox.layers.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "input_layernorm";
    SplitByHead(Matrix(name + "attention.query_key_value", 3 * hidden, hidden, bias), sizes.heads,
                1, sizes.head, &layer);
    layer.attention_output = Matrix(name + "attention.dense", hidden, hidden, bias);
    layer.feed_forward_norm = name + "post_attention_layernorm";
    layer.up = Biased(name + "mlp.dense_h_to_4h", spec.intermediate_size, hidden);
    layer.down = Biased(name + "mlp.dense_4h_to_h", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
