// GLM-4 and ChatGLM 2 and 3 (Zeng et al. 2023): Llama in which neighbours within the first half of
// a head are rotated, with a fused gate; ChatGLM has names of its own for everything.
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

// The rows of heads whose rotated dimensions come as neighbours.
std::vector<int64_t> HeadRows(int64_t first, int64_t heads, int64_t head_size, int64_t rotated) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < heads; ++i) {
    AppendHeadRows(first + i * head_size, head_size, rotated, &rows);
  }
  return rows;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeChatGlm6b(const Checkpoint& checkpoint);

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeGlm(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig llama, LlamaConfig::Parse(checkpoint));
  DecoderSpec spec = LlamaDecoder(llama);
  ASSAY_ASSIGN_OR_RETURN(
      spec.rotary.front(),
      ReadRotary(config, llama.head_size, llama.context_length, "partial_rotary_factor", 0.5));
  const int64_t rotated = spec.rotary.front().size;
  ASSAY_ASSIGN_OR_RETURN(const bool biased, config.BoolOr("attention_bias", true));
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    DecoderLayerSpec& layer = spec.layers[i];
    for (LinearPart* part : {&layer.queries, &layer.keys, &layer.values}) {
      part->bias = biased ? LinearPart::Bias::kNeeded : LinearPart::Bias::kNone;
    }
    layer.queries.rows = HeadRows(0, llama.heads, llama.head_size, rotated);
    layer.keys.rows = HeadRows(0, llama.kv_heads, llama.head_size, rotated);
    SplitGated(Matrix(absl::StrCat("model.layers.", i, ".mlp.gate_up_proj"),
                      2 * llama.intermediate_size, llama.hidden_size),
               &layer);
  }
  return DescribeDecoder(std::move(spec));
}

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeChatGlm(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  // ChatGLM-6B has the same model_type and other fields.
  if (!config.Has("padded_vocab_size") && config.Has("max_sequence_length")) {
    return DescribeChatGlm6b(checkpoint);
  }
  LlamaConfig llama;
  ASSAY_ASSIGN_OR_RETURN(llama.vocabulary_size,
                         config.Integer("padded_vocab_size", 1, kMostVocabulary));
  ASSAY_ASSIGN_OR_RETURN(llama.hidden_size, config.Integer("hidden_size", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(llama.intermediate_size, config.Integer("ffn_hidden_size", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(llama.layers, config.Integer("num_layers", 1, kMostLayers));
  ASSAY_ASSIGN_OR_RETURN(llama.heads, config.Integer("num_attention_heads", 1, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(llama.head_size, config.Integer("kv_channels", 4, kMostWidth));
  ASSAY_ASSIGN_OR_RETURN(llama.context_length, ReadContext(config, "seq_length", 2048));
  ASSAY_ASSIGN_OR_RETURN(llama.norm_epsilon, ReadEpsilon(config, "layernorm_epsilon", 1e-5));
  ASSAY_ASSIGN_OR_RETURN(const bool grouped, config.BoolOr("multi_query_attention", false));
  llama.kv_heads = llama.heads;
  if (grouped) {
    ASSAY_ASSIGN_OR_RETURN(llama.kv_heads, config.Integer("multi_query_group_num", 1, llama.heads));
    if (llama.heads % llama.kv_heads != 0) {
      return config.Error("multi_query_group_num", "does not divide num_attention_heads");
    }
  }
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "rmsnorm", true, true));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "post_layer_norm", true, true));
  ASSAY_RETURN_IF_ERROR(
      RefuseUnless(config, "apply_residual_connection_post_layernorm", false, false));
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "add_bias_linear", false, false));
  ASSAY_ASSIGN_OR_RETURN(llama.tied_embeddings, config.BoolOr("tie_word_embeddings", false));
  ASSAY_ASSIGN_OR_RETURN(const bool biased, config.BoolOr("add_qkv_bias", false));
  ASSAY_ASSIGN_OR_RETURN(const double ratio, config.PositiveOr("rope_ratio", 1));
  const int64_t rotated = llama.head_size / 2;
  ASSAY_RETURN_IF_ERROR(CheckRotarySize(config, "kv_channels", rotated));
  llama.rotary = {.size = rotated, .base = static_cast<float>(10000.0 * ratio), .scaling = {}};

  DecoderSpec spec = LlamaDecoder(llama);
  const int64_t hidden = llama.hidden_size;
  spec.embedding.name = "transformer.embedding.word_embeddings";
  if (!llama.tied_embeddings) spec.head.name = "transformer.output_layer";
  spec.final_norm = "transformer.encoder.final_layernorm";
  const int64_t query = llama.heads * llama.head_size;
  const int64_t key = llama.kv_heads * llama.head_size;
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string name = absl::StrCat("transformer.encoder.layers.", i, ".");
    DecoderLayerSpec& layer = spec.layers[i];
    layer.attention_norm = name + "input_layernorm";
    layer.feed_forward_norm = name + "post_attention_layernorm";
    SplitStacked(Matrix(name + "self_attention.query_key_value", query + 2 * key, hidden,
                        biased ? LinearPart::Bias::kNeeded : LinearPart::Bias::kNone),
                 query, key, &layer);
    layer.queries.rows = HeadRows(0, llama.heads, llama.head_size, rotated);
    layer.keys.rows = HeadRows(query, llama.kv_heads, llama.head_size, rotated);
    layer.attention_output = Matrix(name + "self_attention.dense", hidden, query);
    SplitGated(Matrix(name + "mlp.dense_h_to_4h", 2 * llama.intermediate_size, hidden), &layer);
    layer.down = Matrix(name + "mlp.dense_4h_to_h", hidden, llama.intermediate_size);
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
