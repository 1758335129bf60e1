// OPT (Zhang et al. 2022), and OPT-IML; also the form of 350M with norms behind and projections.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeOpt(const Checkpoint& checkpoint) {
  // Rows of the table of positions that no position uses.
  constexpr int64_t kPositionOffset = 2;
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(
      const DecoderSizes sizes,
      ReadDecoderSizes(config, "hidden_size", "num_hidden_layers", "num_attention_heads"));
  const int64_t hidden = sizes.hidden;
  DecoderSpec spec = DecoderOf(sizes);
  ASSAY_ASSIGN_OR_RETURN(spec.intermediate_size, config.Integer("ffn_dim", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "max_position_embeddings", 2048));
  ASSAY_ASSIGN_OR_RETURN(const int64_t width,
                         config.IntegerOr("word_embed_proj_dim", 1, kMostWidth, hidden));
  ASSAY_ASSIGN_OR_RETURN(const bool norm_before, config.BoolOr("do_layer_norm_before", true));
  ASSAY_ASSIGN_OR_RETURN(const bool no_final_norm,
                         config.BoolOr("_remove_final_layer_norm", false));
  ASSAY_ASSIGN_OR_RETURN(const bool affine, config.BoolOr("layer_norm_elementwise_affine", true));
  ASSAY_ASSIGN_OR_RETURN(const bool biased, config.BoolOr("enable_bias", true));
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", true));
  const LinearPart::Bias bias = biased ? LinearPart::Bias::kNeeded : LinearPart::Bias::kNone;
  spec.residual = norm_before ? Residual::kSequential : Residual::kNormedBehind;
  spec.norm = {
      .form = NormKind::Form::kLayer, .epsilon = 1e-5f, .has_weight = affine, .has_bias = affine};
  ASSAY_ASSIGN_OR_RETURN(spec.activation, ReadActivation(config, "activation_function", "relu"));
  const std::string prefix =
      TensorPrefix(checkpoint, {"model.decoder.", "decoder."}, "embed_tokens.weight");
  spec.embedding = Matrix(prefix + "embed_tokens", sizes.vocabulary, width);
  if (!tied) spec.head = Matrix("lm_head", sizes.vocabulary, width);
  spec.positions =
      Matrix(prefix + "embed_positions", spec.context_length + kPositionOffset, hidden);
  spec.position_offset = kPositionOffset;
  if (width != hidden) {
    spec.embedding_projection = Matrix(prefix + "project_in", hidden, width);
    spec.output_projection = Matrix(prefix + "project_out", width, hidden);
  }
  if (norm_before && !no_final_norm) spec.final_norm = prefix + "final_layer_norm";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat(prefix, "layers.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "self_attn_layer_norm";
    layer.queries = Matrix(name + "self_attn.q_proj", hidden, hidden, bias);
    layer.keys = Matrix(name + "self_attn.k_proj", hidden, hidden, bias);
    layer.values = Matrix(name + "self_attn.v_proj", hidden, hidden, bias);
    layer.attention_output = Matrix(name + "self_attn.out_proj", hidden, hidden, bias);
    layer.feed_forward_norm = name + "final_layer_norm";
    layer.up = Matrix(name + "fc1", spec.intermediate_size, hidden, bias);
    layer.down = Matrix(name + "fc2", hidden, spec.intermediate_size, bias);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
