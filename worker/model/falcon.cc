// Falcon (Almazrouei et al. 2023): parallel halves with one head of keys and values (7B), groups of
// them and two norms (40B), or linear biases (RW).
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeFalcon(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  const std::string heads_field = FirstField(config, {"num_attention_heads", "n_head"});
  ASSAY_ASSIGN_OR_RETURN(
      const DecoderSizes sizes,
      ReadDecoderSizes(config, "hidden_size", FirstField(config, {"num_hidden_layers", "n_layer"}),
                       heads_field));
  ASSAY_ASSIGN_OR_RETURN(const std::string type, config.Text("model_type"));
  // Files from before the family had its name.
  const bool older_grouped = type == "RefinedWeb";
  const int64_t hidden = sizes.hidden;
  DecoderSpec spec = DecoderOf(sizes);
  ASSAY_ASSIGN_OR_RETURN(const bool grouped,
                         config.BoolOr("new_decoder_architecture", older_grouped));
  ASSAY_ASSIGN_OR_RETURN(const bool multi_query, config.BoolOr("multi_query", true));
  ASSAY_ASSIGN_OR_RETURN(const bool parallel, config.BoolOr("parallel_attn", true));
  ASSAY_ASSIGN_OR_RETURN(const bool alibi, config.BoolOr("alibi", false));
  ASSAY_ASSIGN_OR_RETURN(const bool biased, config.BoolOr("bias", false));
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", true));
  ASSAY_ASSIGN_OR_RETURN(const int64_t norms, config.IntegerOr("num_ln_in_parallel_attn", 1, 2,
                                                               grouped && parallel ? 2 : 1));
  ASSAY_RETURN_IF_ERROR(
      RefuseUnless(config, "apply_residual_connection_post_layernorm", false, false));
  if (grouped) {
    const std::string field = FirstField(config, {"num_kv_heads", "n_head_kv"});
    ASSAY_ASSIGN_OR_RETURN(spec.kv_heads, config.IntegerOr(field, 1, sizes.heads, sizes.heads));
    if (sizes.heads % spec.kv_heads != 0) {
      return config.Error(field, absl::StrCat("does not divide ", heads_field));
    }
  } else if (multi_query) {
    spec.kv_heads = 1;
  }
  ASSAY_ASSIGN_OR_RETURN(spec.intermediate_size,
                         config.IntegerOr("ffn_hidden_size", 1, kMostWidth, 4 * hidden));
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "max_position_embeddings", 2048));
  if (alibi) {
    spec.position_bias = {.slopes = AlibiSlopes(sizes.heads),
                          .bfloat16 = true,
                          .scale = 1.0f / std::sqrt(static_cast<float>(sizes.head))};
  } else {
    ASSAY_ASSIGN_OR_RETURN(const RotaryConfig rotary,
                           ReadRotary(config, sizes.head, spec.context_length));
    spec.rotary = {rotary};
  }
  spec.residual = grouped || parallel ? Residual::kParallel : Residual::kSequential;
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_epsilon", 1e-5));
  ASSAY_ASSIGN_OR_RETURN(spec.activation, ReadActivation(config, "activation", "gelu"));
  const LinearPart::Bias bias = biased ? LinearPart::Bias::kNeeded : LinearPart::Bias::kNone;
  spec.embedding = Matrix("transformer.word_embeddings", sizes.vocabulary, hidden);
  if (!tied) spec.head = Matrix("lm_head", sizes.vocabulary, hidden);
  spec.final_norm = "transformer.ln_f";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat("transformer.h.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "input_layernorm";
    if (!parallel) {
      layer.feed_forward_norm = name + "post_attention_layernorm";
    } else if (norms == 2) {
      layer.attention_norm = name + "ln_attn";
      layer.feed_forward_norm = name + "ln_mlp";
    }
    const int64_t group = sizes.heads / spec.kv_heads;
    SplitByHead(Matrix(name + "self_attention.query_key_value",
                       hidden + 2 * spec.kv_heads * sizes.head, hidden, bias),
                spec.kv_heads, group, sizes.head, &layer);
    layer.attention_output = Matrix(name + "self_attention.dense", hidden, hidden, bias);
    layer.up = Matrix(name + "mlp.dense_h_to_4h", spec.intermediate_size, hidden, bias);
    layer.down = Matrix(name + "mlp.dense_4h_to_h", hidden, spec.intermediate_size, bias);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
