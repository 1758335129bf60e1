// Qwen 2 and 3 (Yang et al. 2024, 2025): Llama with biases of queries, keys and values, or with
// their heads normalized; a window in the upper layers where it is asked for.
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

absl::StatusOr<DecoderSpec> QwenDecoder(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig llama, LlamaConfig::Parse(checkpoint));
  DecoderSpec spec = LlamaDecoder(llama);
  ASSAY_ASSIGN_OR_RETURN(const bool has_window, config.BoolOr("use_sliding_window", false));
  if (!has_window) return spec;
  ASSAY_ASSIGN_OR_RETURN(const int64_t window,
                         config.IntegerOr("sliding_window", 1, kMostContext, 4096));
  ASSAY_ASSIGN_OR_RETURN(const int64_t full_layers,
                         config.IntegerOr("max_window_layers", 0, kMostLayers, 28));
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<bool> sliding,
      ReadSlidingLayers(config, llama.layers, [&](int64_t i) { return i >= full_layers; }));
  for (size_t i = 0; i < sliding.size(); ++i) spec.layers[i].window = sliding[i] ? window : 0;
  return spec;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeQwen2(const Checkpoint& checkpoint) {
  ASSAY_ASSIGN_OR_RETURN(DecoderSpec spec, QwenDecoder(checkpoint));
  for (DecoderLayerSpec& layer : spec.layers) {
    for (LinearPart* part : {&layer.queries, &layer.keys, &layer.values}) {
      part->bias = LinearPart::Bias::kNeeded;
    }
  }
  return DescribeDecoder(std::move(spec));
}

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeQwen3(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  // What is meant where it is absent is not the usual quotient.
  if (!config.Has("head_dim")) return config.Error("head_dim", "is missing");
  ASSAY_ASSIGN_OR_RETURN(DecoderSpec spec, QwenDecoder(checkpoint));
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string name = absl::StrCat("model.layers.", i, ".self_attn.");
    spec.layers[i].query_norm = name + "q_norm";
    spec.layers[i].key_norm = name + "k_norm";
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
