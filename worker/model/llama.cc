#include "worker/model/llama.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {

DecoderSpec LlamaDecoder(const LlamaConfig& config) {
  const int64_t hidden = config.hidden_size;
  const int64_t query = config.heads * config.head_size;
  const int64_t key = config.kv_heads * config.head_size;
  DecoderSpec spec;
  spec.vocabulary_size = config.vocabulary_size;
  spec.hidden_size = hidden;
  spec.intermediate_size = config.intermediate_size;
  spec.context_length = config.context_length;
  spec.heads = config.heads;
  spec.kv_heads = config.kv_heads;
  spec.head_size = config.head_size;
  spec.rotary = {config.rotary};
  spec.norm = {.form = NormKind::Form::kRms, .epsilon = config.norm_epsilon};
  spec.head_norm = spec.norm;
  spec.embedding = {.name = "model.embed_tokens", .out = config.vocabulary_size, .in = hidden};
  if (!config.tied_embeddings) {
    spec.head = {.name = "lm_head", .out = config.vocabulary_size, .in = hidden};
  }
  spec.final_norm = "model.norm";
  for (int64_t i = 0; i < config.layers; ++i) {
    const std::string name = absl::StrCat("model.layers.", i, ".");
    const auto linear = [&](const char* part, int64_t out, int64_t in) {
      return LinearPart{.name = name + part, .out = out, .in = in};
    };
    DecoderLayerSpec layer;
    layer.attention_norm = name + "input_layernorm";
    layer.queries = linear("self_attn.q_proj", query, hidden);
    layer.keys = linear("self_attn.k_proj", key, hidden);
    layer.values = linear("self_attn.v_proj", key, hidden);
    layer.attention_output = linear("self_attn.o_proj", hidden, query);
    layer.feed_forward_norm = name + "post_attention_layernorm";
    layer.gate = linear("mlp.gate_proj", config.intermediate_size, hidden);
    layer.up = linear("mlp.up_proj", config.intermediate_size, hidden);
    layer.down = linear("mlp.down_proj", hidden, config.intermediate_size);
    spec.layers.push_back(std::move(layer));
  }
  return spec;
}

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeLlama(const Checkpoint& checkpoint) {
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig config, LlamaConfig::Parse(checkpoint));
  return DescribeDecoder(LlamaDecoder(config));
}

}  // namespace assay
