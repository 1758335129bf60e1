// MPT (MosaicML 2023): linear biases in place of positions, no other biases.
#include <bit>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

namespace {

// Powers of two that are evenly spaced up to `most`; of the next power of two of heads every second
// one first.
std::vector<float> MptSlopes(int64_t heads, double most) {
  const int64_t all = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(heads)));
  const auto slope = [&](int64_t i) {
    return static_cast<float>(
        1.0 / std::pow(2.0, static_cast<double>(i + 1) * most / static_cast<double>(all)));
  };
  std::vector<float> slopes;
  if (all == heads) {
    for (int64_t i = 0; i < all; ++i) slopes.push_back(slope(i));
    return slopes;
  }
  for (const int64_t first : {1, 0}) {
    for (int64_t i = first; i < all; i += 2) slopes.push_back(slope(i));
  }
  slopes.resize(static_cast<size_t>(heads));
  return slopes;
}

absl::Status ReadAttention(const ConfigReader& config, DecoderSpec* spec) {
  ASSAY_ASSIGN_OR_RETURN(const std::string type, config.TextOr("attn_type", "multihead_attention"));
  if (type != "multihead_attention") {
    return config.Error("attn_type", absl::StrCat("is \"", type, "\", which is not supported"));
  }
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "alibi", true, true));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "prefix_lm", false, false));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "qk_ln", false, false));
  ASSAY_ASSIGN_OR_RETURN(const double most, config.PositiveOr("alibi_bias_max", 8));
  spec->position_bias = {.slopes = MptSlopes(spec->heads, most)};
  if (config.Has("softmax_scale")) {
    ASSAY_ASSIGN_OR_RETURN(const double scale, config.Positive("softmax_scale"));
    spec->score_scale = static_cast<float>(scale);
  }
  if (config.Has("clip_qkv")) {
    ASSAY_ASSIGN_OR_RETURN(const double clip, config.Positive("clip_qkv"));
    spec->clip = static_cast<float>(clip);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeMpt(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const DecoderSizes sizes,
                         ReadDecoderSizes(config, "d_model", "n_layers", "n_heads"));
  const int64_t hidden = sizes.hidden;
  DecoderSpec spec = DecoderOf(sizes);
  ASSAY_ASSIGN_OR_RETURN(const int64_t ratio, config.IntegerOr("expansion_ratio", 1, 64, 4));
  spec.intermediate_size = ratio * hidden;
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "max_seq_len", 2048));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "no_bias", true, true));
  if (config.Has("logit_scale")) return config.Error("logit_scale", "is not supported");
  if (config.Has("attn_config")) {
    ASSAY_ASSIGN_OR_RETURN(const ConfigReader attention, config.Object("attn_config"));
    ASSAY_RETURN_IF_ERROR(ReadAttention(attention, &spec));
  } else {
    spec.position_bias = {.slopes = MptSlopes(sizes.heads, 8)};
  }
  spec.norm = {.form = NormKind::Form::kLayer};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layer_norm_epsilon", 1e-5));
  spec.activation = cpu::Activation::kGelu;
  spec.embedding = Matrix("transformer.wte", sizes.vocabulary, hidden);
  spec.final_norm = "transformer.norm_f";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat("transformer.blocks.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "norm_1";
    SplitStacked(Matrix(name + "attn.Wqkv", 3 * hidden, hidden), hidden, hidden, &layer);
    layer.attention_output = Matrix(name + "attn.out_proj", hidden, hidden);
    layer.feed_forward_norm = name + "norm_2";
    layer.up = Matrix(name + "ffn.up_proj", spec.intermediate_size, hidden);
    layer.down = Matrix(name + "ffn.down_proj", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
