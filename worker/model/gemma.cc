// Gemma 1, 2 and 3 (Gemma Team 2024, 2025): Llama with scaled embeddings and norms whose weights
// are stored less one; from 2 on with norms behind each half, capped scores and alternating
// windows.
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"
#include "worker/model/llama.h"

namespace assay {

namespace {

absl::StatusOr<DecoderSpec> GemmaDecoder(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(LlamaConfig llama, LlamaConfig::ParseSizes(checkpoint));
  if (!config.Has("head_dim")) return config.Error("head_dim", "is missing");
  ASSAY_ASSIGN_OR_RETURN(llama.tied_embeddings, config.BoolOr("tie_word_embeddings", true));
  DecoderSpec spec = LlamaDecoder(llama);
  spec.norm.form = NormKind::Form::kRmsPlusOne;
  spec.head_norm = spec.norm;
  spec.embedding_scale = std::sqrt(static_cast<float>(llama.hidden_size));
  // Early files name "gelu" in hidden_act and mean its approximation.
  ASSAY_ASSIGN_OR_RETURN(spec.activation,
                         ReadActivation(config, "hidden_activation", "gelu_pytorch_tanh"));
  return spec;
}

absl::StatusOr<float> CapOr(const ConfigReader& config, absl::string_view field) {
  if (!config.Has(field)) return 0.0f;
  ASSAY_ASSIGN_OR_RETURN(const double cap, config.Positive(field));
  return static_cast<float>(cap);
}

// What Gemma 2 and 3 have in common; layers for which `sliding` is true by default.
absl::StatusOr<DecoderSpec> LaterGemmaDecoder(const Checkpoint& checkpoint,
                                              const std::function<bool(int64_t)>& sliding) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(DecoderSpec spec, GemmaDecoder(checkpoint));
  ASSAY_ASSIGN_OR_RETURN(const double scalar, config.PositiveOr("query_pre_attn_scalar", 256));
  spec.score_scale = static_cast<float>(1.0 / std::sqrt(scalar));
  ASSAY_ASSIGN_OR_RETURN(spec.score_cap, CapOr(config, "attn_logit_softcapping"));
  ASSAY_ASSIGN_OR_RETURN(spec.logit_cap, CapOr(config, "final_logit_softcapping"));
  ASSAY_ASSIGN_OR_RETURN(const int64_t window,
                         config.IntegerOr("sliding_window", 1, kMostContext, 4096));
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<bool> windows,
      ReadSlidingLayers(config, static_cast<int64_t>(spec.layers.size()), sliding));
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string name = absl::StrCat("model.layers.", i, ".");
    DecoderLayerSpec& layer = spec.layers[i];
    layer.attention_output_norm = name + "post_attention_layernorm";
    layer.feed_forward_norm = name + "pre_feedforward_layernorm";
    layer.feed_forward_output_norm = name + "post_feedforward_layernorm";
    layer.window = windows[i] ? window : 0;
  }
  return spec;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGemma(const Checkpoint& checkpoint) {
  ASSAY_ASSIGN_OR_RETURN(DecoderSpec spec, GemmaDecoder(checkpoint));
  return DescribeDecoder(std::move(spec));
}

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGemma2(const Checkpoint& checkpoint) {
  ASSAY_ASSIGN_OR_RETURN(DecoderSpec spec,
                         LaterGemmaDecoder(checkpoint, [](int64_t i) { return i % 2 == 0; }));
  return DescribeDecoder(std::move(spec));
}

// Layers with a window have rotary positions of a base of their own, unscaled.
absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGemma3(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const int64_t pattern,
                         config.IntegerOr("sliding_window_pattern", 1, kMostLayers, 6));
  ASSAY_ASSIGN_OR_RETURN(DecoderSpec spec, LaterGemmaDecoder(checkpoint, [&](int64_t i) {
                           return (i + 1) % pattern != 0;
                         }));
  if (config.Has("rope_parameters")) {
    return config.Error("rope_parameters",
                        "is not supported for this family; rope_theta, rope_local_base_freq and "
                        "rope_scaling are");
  }
  ASSAY_ASSIGN_OR_RETURN(const double global_base, config.PositiveOr("rope_theta", 1e6));
  ASSAY_ASSIGN_OR_RETURN(const double local_base, config.PositiveOr("rope_local_base_freq", 1e4));
  spec.rotary.front().base = static_cast<float>(global_base);
  spec.rotary.push_back(
      {.size = spec.head_size, .base = static_cast<float>(local_base), .scaling = {}});
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string name = absl::StrCat("model.layers.", i, ".self_attn.");
    spec.layers[i].query_norm = name + "q_norm";
    spec.layers[i].key_norm = name + "k_norm";
    if (spec.layers[i].window > 0) spec.layers[i].rotary = 1;
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
