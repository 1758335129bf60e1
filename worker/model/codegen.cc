// CodeGen (Nijkamp et al. 2022): GPT-J with a fused projection in the four parts that
// it was trained in.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeCodeGen(const Checkpoint& checkpoint) {
  // Parts of the fused projection; each has its queries, values and keys.
  constexpr int64_t kParts = 4;
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(Gpt2Fields fields, ReadGpt2Fields(config, 2048, "gelu_new"));
  const DecoderSizes& sizes = fields.sizes;
  DecoderSpec& spec = fields.spec;
  const int64_t hidden = sizes.hidden;
  spec.residual = Residual::kParallel;
  ASSAY_ASSIGN_OR_RETURN(
      const int64_t rotated,
      config.IntegerOr("rotary_dim", 2, sizes.head, std::min<int64_t>(64, sizes.head)));
  ASSAY_RETURN_IF_ERROR(CheckRotarySize(config, "rotary_dim", rotated));
  spec.rotary = {{.size = rotated, .base = 10000.0f, .scaling = {}}};
  ASSAY_ASSIGN_OR_RETURN(const bool tied, config.BoolOr("tie_word_embeddings", false));
  spec.embedding = Matrix("transformer.wte", sizes.vocabulary, hidden);
  if (tied) return config.Error("tie_word_embeddings", "is true; the head has a bias of its own");
  spec.head = Biased("lm_head", sizes.vocabulary, hidden);
  spec.final_norm = "transformer.ln_f";
  if (sizes.heads % kParts != 0) {
    return config.Error(FirstField(config, {"n_head", "num_attention_heads"}),
                        "is no multiple of the 4 parts that the projection comes in");
  }
  const int64_t part_rows = hidden / kParts;
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat("transformer.h.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "ln_1";
    const LinearPart fused = Matrix(name + "attn.qkv_proj", 3 * hidden, hidden);
    layer.queries = layer.keys = layer.values = fused;
    for (int64_t part = 0; part < kParts; ++part) {
      for (int64_t row = 0; row < part_rows; row += sizes.head) {
        const int64_t at = 3 * part * part_rows + row;
        AppendHeadRows(at, sizes.head, rotated, &layer.queries.rows);
        AppendHeadRows(at + part_rows, sizes.head, 0, &layer.values.rows);
        AppendHeadRows(at + 2 * part_rows, sizes.head, rotated, &layer.keys.rows);
      }
    }
    layer.attention_output = Matrix(name + "attn.out_proj", hidden, hidden);
    layer.up = Biased(name + "mlp.fc_in", spec.intermediate_size, hidden);
    layer.down = Biased(name + "mlp.fc_out", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
