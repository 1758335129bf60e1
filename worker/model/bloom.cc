// BLOOM (Scao et al. 2022), and BLOOMZ: linear biases in place of positions, a normalized
// embedding.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeBloom(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const DecoderSizes sizes,
                         ReadDecoderSizes(config, FirstField(config, {"hidden_size", "n_embed"}),
                                          FirstField(config, {"n_layer", "num_hidden_layers"}),
                                          FirstField(config, {"n_head", "num_attention_heads"})));
  const int64_t hidden = sizes.hidden;
  DecoderSpec spec = DecoderOf(sizes);
  spec.intermediate_size = 4 * hidden;
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "seq_length", 2048));
  ASSAY_ASSIGN_OR_RETURN(const bool normed_stream,
                         config.BoolOr("apply_residual_connection_post_layernorm", false));
  spec.residual = normed_stream ? Residual::kNormedStream : Residual::kSequential;
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_epsilon", 1e-5));
  spec.activation = cpu::Activation::kGeluTanh;
  spec.position_bias = {.slopes = AlibiSlopes(sizes.heads)};
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", true));
  const std::string prefix =
      TensorPrefix(checkpoint, {"transformer.", ""}, "word_embeddings.weight");
  spec.embedding = Matrix(prefix + "word_embeddings", sizes.vocabulary, hidden);
  if (!tied) spec.head = Matrix("lm_head", sizes.vocabulary, hidden);
  spec.embedding_norm = prefix + "word_embeddings_layernorm";
  spec.final_norm = prefix + "ln_f";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat(prefix, "h.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "input_layernorm";
    SplitByHead(Biased(name + "self_attention.query_key_value", 3 * hidden, hidden), sizes.heads, 1,
                sizes.head, &layer);
    layer.attention_output = Biased(name + "self_attention.dense", hidden, hidden);
    layer.feed_forward_norm = name + "post_attention_layernorm";
    layer.up = Biased(name + "mlp.dense_h_to_4h", spec.intermediate_size, hidden);
    layer.down = Biased(name + "mlp.dense_4h_to_h", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
