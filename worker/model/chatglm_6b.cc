// ChatGLM-6B (GLM: Du et al. 2022; GLM-130B: Zeng et al. 2022), the first of its name: a prompt's
// tokens see one another, a token has two positions, the normalized stream is scaled.
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

// A head's first half is turned by the first position and its second half by the other, each in
// the half-split form. In this order the head as a whole has that form.
void AppendGridRows(int64_t first, int64_t head_size, std::vector<int64_t>* rows) {
  const int64_t quarter = head_size / 4;
  for (const int64_t part : {0, 2, 1, 3}) {
    for (int64_t i = 0; i < quarter; ++i) rows->push_back(first + part * quarter + i);
  }
}

absl::Status RefuseVariants(const ConfigReader& config) {
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "position_encoding_2d", true, true));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "tie_word_embeddings", false, false));
  ASSAY_ASSIGN_OR_RETURN(const int64_t bits, config.IntegerOr("quantization_bit", 0, 32, 0));
  if (bits != 0) {
    return config.Error("quantization_bit",
                        absl::StrCat("is ", bits,
                                     ": ChatGLM's own quantized form is not supported; use the "
                                     "folder that this one was made of"));
  }
  if (config.Has("pre_seq_len")) {
    return config.Error("pre_seq_len", "is set: prefixes of P-tuning are not supported");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeChatGlm6b(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_RETURN_IF_ERROR(RefuseVariants(config));
  ASSAY_ASSIGN_OR_RETURN(
      const DecoderSizes sizes,
      ReadDecoderSizes(config, "hidden_size", "num_layers", "num_attention_heads"));
  if (sizes.head % 4 != 0) {
    return config.Error("num_attention_heads", "does not leave heads of four equal parts");
  }
  const int64_t hidden = sizes.hidden;
  DecoderSpec spec = DecoderOf(sizes);
  ASSAY_ASSIGN_OR_RETURN(spec.intermediate_size,
                         config.IntegerOr("inner_hidden_size", 1, kMostWidth, 4 * hidden));
  ASSAY_ASSIGN_OR_RETURN(spec.context_length, ReadContext(config, "max_sequence_length", 2048));
  spec.norm = {.form = NormKind::Form::kLayer, .has_bias = true};
  ASSAY_ASSIGN_OR_RETURN(spec.norm.epsilon, ReadEpsilon(config, "layernorm_epsilon", 1e-5));
  ASSAY_ASSIGN_OR_RETURN(const int64_t begin,
                         config.Integer("bos_token_id", 0, sizes.vocabulary - 1));
  // The first folders have no field for it; it is the third before the other there, too.
  ASSAY_ASSIGN_OR_RETURN(const int64_t mask,
                         config.IntegerOr("gmask_token_id", 0, sizes.vocabulary - 1, begin - 3));
  if (mask < 0 || mask == begin) {
    return config.Error("gmask_token_id", "is no token beside bos_token_id");
  }
  spec.prefix_marks = {.mask = static_cast<int32_t>(mask), .begin = static_cast<int32_t>(begin)};
  spec.residual = Residual::kNormedStream;
  spec.residual_scale = std::sqrt(2.0f * static_cast<float>(sizes.layers));
  spec.activation = cpu::Activation::kGeluTanh;
  spec.rotary = {{.size = sizes.head,
                  .base = 10000.0f,
                  .scaling = {},
                  .axes = 2,
                  .float16_frequencies = true}};
  spec.embedding = Matrix("transformer.word_embeddings", sizes.vocabulary, hidden);
  spec.head = Matrix("lm_head", sizes.vocabulary, hidden);
  spec.final_norm = "transformer.final_layernorm";
  for (int64_t i = 0; i < sizes.layers; ++i) {
    const std::string name = absl::StrCat("transformer.layers.", i, ".");
    DecoderLayerSpec layer;
    layer.attention_norm = name + "input_layernorm";
    const LinearPart fused = Biased(name + "attention.query_key_value", 3 * hidden, hidden);
    layer.queries = layer.keys = layer.values = fused;
    for (int64_t head = 0; head < sizes.heads; ++head) {
      const int64_t at = 3 * head * sizes.head;
      AppendGridRows(at, sizes.head, &layer.queries.rows);
      AppendGridRows(at + sizes.head, sizes.head, &layer.keys.rows);
      AppendHeadRows(at + 2 * sizes.head, sizes.head, 0, &layer.values.rows);
    }
    layer.attention_output = Biased(name + "attention.dense", hidden, hidden);
    layer.feed_forward_norm = name + "post_attention_layernorm";
    layer.up = Biased(name + "mlp.dense_h_to_4h", spec.intermediate_size, hidden);
    layer.down = Biased(name + "mlp.dense_4h_to_h", hidden, spec.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
