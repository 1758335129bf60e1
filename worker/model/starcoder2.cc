// StarCoder2 (Lozhkov et al. 2024): grouped queries and rotary positions with layer norms, biases
// and a feed-forward layer without a gate.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"
#include "worker/model/llama.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeStarcoder2(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(LlamaConfig llama, LlamaConfig::ParseSizes(checkpoint));
  ASSAY_ASSIGN_OR_RETURN(llama.tied_embeddings, config.BoolOr("tie_word_embeddings", true));
  DecoderSpec spec = LlamaDecoder(llama);
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "norm_epsilon", 1e-5));
  ASSAY_ASSIGN_OR_RETURN(spec.activation,
                         ReadActivation(config, "hidden_act", "gelu_pytorch_tanh"));
  ASSAY_ASSIGN_OR_RETURN(const bool biased, config.BoolOr("use_bias", true));
  ASSAY_ASSIGN_OR_RETURN(const int64_t window,
                         config.IntegerOr("sliding_window", 1, kMostContext, 0));
  const LinearPart::Bias bias = biased ? LinearPart::Bias::kNeeded : LinearPart::Bias::kNone;
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string name = absl::StrCat("model.layers.", i, ".mlp.");
    DecoderLayerSpec& layer = spec.layers[i];
    layer.window = window;
    layer.gate = {};
    layer.up = Matrix(name + "c_fc", llama.intermediate_size, llama.hidden_size);
    layer.down = Matrix(name + "c_proj", llama.hidden_size, llama.intermediate_size);
    for (LinearPart* part : {&layer.queries, &layer.keys, &layer.values, &layer.attention_output,
                             &layer.up, &layer.down}) {
      part->bias = bias;
    }
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
