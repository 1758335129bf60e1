// Phi 1, 1.5 and 2 (Gunasekar et al. 2023): parallel halves, part of a head rotated, biases
// throughout.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribePhi(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(
      const DecoderSizes sizes,
      ReadDecoderSizes(config, "hidden_size", "num_hidden_layers", "num_attention_heads"));
  const int64_t hidden = sizes.hidden;
  DecoderSpec spec = DecoderOf(sizes);
  ASSAY_ASSIGN_OR_RETURN(spec.kv_heads,
                         config.IntegerOr("num_key_value_heads", 1, sizes.heads, sizes.heads));
  if (sizes.heads % spec.kv_heads != 0) {
    return config.Error("num_key_value_heads", "does not divide num_attention_heads");
  }
  ASSAY_ASSIGN_OR_RETURN(spec.intermediate_size,
                         config.IntegerOr("intermediate_size", 1, kMostWidth, 4 * hidden));
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "max_position_embeddings", 2048));
  ASSAY_ASSIGN_OR_RETURN(
      const RotaryConfig rotary,
      ReadRotary(config, sizes.head, spec.context_length, "partial_rotary_factor", 0.5));
  spec.rotary = {rotary};
  spec.residual = Residual::kParallel;
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_eps", 1e-5));
  spec.head_norm = spec.norm;
  ASSAY_ASSIGN_OR_RETURN(spec.activation, ReadActivation(config, "hidden_act", "gelu_new"));
  ASSAY_ASSIGN_OR_RETURN(const bool head_norms, config.BoolOr("qk_layernorm", false));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "tie_word_embeddings", false, false));
  spec.embedding = Matrix("model.embed_tokens", sizes.vocabulary, hidden);
  spec.head = Biased("lm_head", sizes.vocabulary, hidden);
  spec.final_norm = "model.final_layernorm";
  const int64_t key = spec.kv_heads * sizes.head;
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat("model.layers.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "input_layernorm";
    layer.queries = Biased(name + "self_attn.q_proj", hidden, hidden);
    layer.keys = Biased(name + "self_attn.k_proj", key, hidden);
    layer.values = Biased(name + "self_attn.v_proj", key, hidden);
    if (head_norms) {
      layer.query_norm = name + "self_attn.q_layernorm";
      layer.key_norm = name + "self_attn.k_layernorm";
    }
    layer.attention_output = Biased(name + "self_attn.dense", hidden, hidden);
    layer.up = Biased(name + "mlp.fc1", spec.intermediate_size, hidden);
    layer.down = Biased(name + "mlp.fc2", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
