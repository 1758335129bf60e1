// GPTBigCode (Li et al. 2023): GPT-2 with one head of keys and values. StarCoder, StarChat.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGptBigCode(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(Gpt2Fields fields, ReadGpt2Fields(config, 1024, "gelu_pytorch_tanh"));
  const DecoderSizes& sizes = fields.sizes;
  DecoderSpec& spec = fields.spec;
  const int64_t hidden = sizes.hidden;
  ASSAY_ASSIGN_OR_RETURN(const bool scaled, config.BoolOr("scale_attn_weights", true));
  if (!scaled) spec.score_scale = 1.0f;
  ASSAY_ASSIGN_OR_RETURN(const bool multi_query, config.BoolOr("multi_query", true));
  if (multi_query) spec.kv_heads = 1;
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", true));
  const std::string prefix = TensorPrefix(checkpoint, {"transformer.", ""}, "wte.weight");
  spec.embedding = Matrix(prefix + "wte", sizes.vocabulary, hidden);
  if (!tied) spec.head = Matrix("lm_head", sizes.vocabulary, hidden);
  spec.positions = Matrix(prefix + "wpe", spec.context_length, hidden);
  spec.final_norm = prefix + "ln_f";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat(prefix, "h.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "ln_1";
    if (multi_query) {
      SplitStacked(Biased(name + "attn.c_attn", hidden + 2 * sizes.head, hidden), hidden,
                   sizes.head, &layer);
    } else {
      SplitByHead(Biased(name + "attn.c_attn", 3 * hidden, hidden), sizes.heads, 1, sizes.head,
                  &layer);
    }
    layer.attention_output = Biased(name + "attn.c_proj", hidden, hidden);
    layer.feed_forward_norm = name + "ln_2";
    layer.up = Biased(name + "mlp.c_fc", spec.intermediate_size, hidden);
    layer.down = Biased(name + "mlp.c_proj", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
