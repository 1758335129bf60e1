// GPT-J (Wang and Komatsuzaki 2021): attention and feed-forward in parallel, rotated neighbours.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGptJ(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(Gpt2Fields fields, ReadGpt2Fields(config, 2048, "gelu_new"));
  const DecoderSizes& sizes = fields.sizes;
  DecoderSpec& spec = fields.spec;
  const int64_t hidden = sizes.hidden;
  spec.residual = Residual::kParallel;
  ASSAY_ASSIGN_OR_RETURN(const int64_t rotated,
                         config.IntegerOr("rotary_dim", 2, sizes.head, sizes.head));
  ASSAY_RETURN_IF_ERROR(CheckRotarySize(config, "rotary_dim", rotated));
  spec.rotary = {{.size = rotated, .base = 10000.0f, .scaling = {}}};
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", false));
  spec.embedding = Matrix("transformer.wte", sizes.vocabulary, hidden);
  if (tied) return config.Error("tie_word_embeddings", "is true; the head has a bias of its own");
  spec.head = Biased("lm_head", sizes.vocabulary, hidden);
  spec.final_norm = "transformer.ln_f";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat("transformer.h.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "ln_1";
    layer.queries = Matrix(name + "attn.q_proj", hidden, hidden);
    layer.keys = Matrix(name + "attn.k_proj", hidden, hidden);
    layer.values = Matrix(name + "attn.v_proj", hidden, hidden);
    for (int64_t row = 0; row < hidden; row += sizes.head) {
      AppendHeadRows(row, sizes.head, rotated, &layer.queries.rows);
      AppendHeadRows(row, sizes.head, rotated, &layer.keys.rows);
    }
    layer.attention_output = Matrix(name + "attn.out_proj", hidden, hidden);
    layer.up = Biased(name + "mlp.fc_in", spec.intermediate_size, hidden);
    layer.down = Biased(name + "mlp.fc_out", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
