#include "worker/weights/gguf_config.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using nlohmann::json;

// A text that goes into JSON and messages: short and plain.
absl::StatusOr<std::string> PlainName(const GgufFile& file, absl::string_view key) {
  ASSAY_ASSIGN_OR_RETURN(absl::string_view name, file.GetString(key));
  const bool plain =
      !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
               c == '.';
      });
  if (!plain) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": the key ", key, " holds no plain name"));
  }
  return std::string(name);
}

const GgufTensor* FindTensor(const GgufFile& file, absl::string_view name) {
  for (const GgufTensor& tensor : file.tensors()) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

bool HasLayerTensor(const GgufFile& file, absl::string_view end) {
  return std::any_of(file.tensors().begin(), file.tensors().end(), [&](const GgufTensor& tensor) {
    return absl::StartsWith(tensor.name, "blk.") && absl::EndsWith(tensor.name, end);
  });
}

absl::StatusOr<uint64_t> VocabularySize(const GgufFile& file) {
  if (file.Has("llama.vocab_size")) return file.GetUint("llama.vocab_size");
  const GgufTensor* embeddings = FindTensor(file, "token_embd.weight");
  if (embeddings == nullptr || embeddings->shape.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(),
        ": the metadata lacks the key llama.vocab_size, and there is no matrix token_embd.weight"));
  }
  return static_cast<uint64_t>(embeddings->shape[0]);
}

// Null without scaling. llama3's scaling is not in the metadata but in the tensor
// rope_freqs.weight.
absl::StatusOr<json> RopeScaling(const GgufFile& file) {
  if (!file.Has("llama.rope.scaling.type")) {
    // Before 2023-10 a linear factor was all there was.
    ASSAY_ASSIGN_OR_RETURN(const double factor, file.GetNumber("llama.rope.scale_linear", 1.0));
    if (factor == 1.0) return json(nullptr);
    return json{{"rope_type", "linear"}, {"factor", factor}};
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string type, PlainName(file, "llama.rope.scaling.type"));
  if (type == "none") return json(nullptr);
  ASSAY_ASSIGN_OR_RETURN(const double factor, file.GetNumber("llama.rope.scaling.factor"));
  json scaling = {{"rope_type", type}, {"factor", factor}};
  if (file.Has("llama.rope.scaling.original_context_length")) {
    ASSAY_ASSIGN_OR_RETURN(scaling["original_max_position_embeddings"],
                           file.GetUint("llama.rope.scaling.original_context_length"));
  }
  constexpr struct {
    absl::string_view key;
    const char* name;
  } kNumbers[] = {
      {"llama.rope.scaling.attn_factor", "attention_factor"},
      {"llama.rope.scaling.yarn_beta_fast", "beta_fast"},
      {"llama.rope.scaling.yarn_beta_slow", "beta_slow"},
  };
  for (const auto& number : kNumbers) {
    if (!file.Has(number.key)) continue;
    ASSAY_ASSIGN_OR_RETURN(scaling[number.name], file.GetNumber(number.key));
  }
  return scaling;
}

absl::Status AddHeads(const GgufFile& file, json& config) {
  ASSAY_ASSIGN_OR_RETURN(const uint64_t hidden, file.GetUint("llama.embedding_length"));
  ASSAY_ASSIGN_OR_RETURN(const uint64_t heads, file.GetUint("llama.attention.head_count"));
  ASSAY_ASSIGN_OR_RETURN(const uint64_t kv_heads,
                         file.GetUint("llama.attention.head_count_kv", heads));
  if (heads == 0 || kv_heads == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": the keys llama.attention.head_count and head_count_kv claim ",
                     heads, " and ", kv_heads, " heads"));
  }
  ASSAY_ASSIGN_OR_RETURN(const uint64_t rotated,
                         file.GetUint("llama.rope.dimension_count", hidden / heads));
  ASSAY_ASSIGN_OR_RETURN(const uint64_t head_dim,
                         file.GetUint("llama.attention.key_length", rotated));
  config["hidden_size"] = hidden;
  config["num_attention_heads"] = heads;
  config["num_key_value_heads"] = kv_heads;
  config["head_dim"] = head_dim;
  if (rotated != head_dim && head_dim > 0) {
    config["partial_rotary_factor"] = static_cast<double>(rotated) / static_cast<double>(head_dim);
  }
  return absl::OkStatus();
}

absl::Status AddSpecialTokens(const GgufFile& file, json& config) {
  constexpr struct {
    absl::string_view key;
    const char* name;
  } kTokens[] = {
      {"tokenizer.ggml.bos_token_id", "bos_token_id"},
      {"tokenizer.ggml.eos_token_id", "eos_token_id"},
  };
  for (const auto& token : kTokens) {
    if (!file.Has(token.key)) continue;
    ASSAY_ASSIGN_OR_RETURN(config[token.name], file.GetUint(token.key));
  }
  return absl::OkStatus();
}

absl::StatusOr<json> LlamaConfig(const GgufFile& file) {
  // Mixtral's files call themselves "llama" too.
  ASSAY_ASSIGN_OR_RETURN(const uint64_t experts, file.GetUint("llama.expert_count", 0));
  if (experts > 0) return json{{"model_type", "mixtral"}};

  json config = {
      {"model_type", "llama"}, {"architectures", {"LlamaForCausalLM"}}, {"hidden_act", "silu"}};
  ASSAY_RETURN_IF_ERROR(AddHeads(file, config));
  ASSAY_ASSIGN_OR_RETURN(config["num_hidden_layers"], file.GetUint("llama.block_count"));
  ASSAY_ASSIGN_OR_RETURN(config["intermediate_size"], file.GetUint("llama.feed_forward_length"));
  ASSAY_ASSIGN_OR_RETURN(config["max_position_embeddings"], file.GetUint("llama.context_length"));
  ASSAY_ASSIGN_OR_RETURN(config["rms_norm_eps"],
                         file.GetNumber("llama.attention.layer_norm_rms_epsilon"));
  ASSAY_ASSIGN_OR_RETURN(config["rope_theta"], file.GetNumber("llama.rope.freq_base", 10000.0));
  ASSAY_ASSIGN_OR_RETURN(config["rope_scaling"], RopeScaling(file));
  ASSAY_ASSIGN_OR_RETURN(config["vocab_size"], VocabularySize(file));
  config["tie_word_embeddings"] = FindTensor(file, "output.weight") == nullptr;
  config["attention_bias"] = HasLayerTensor(file, ".attn_q.bias");
  config["mlp_bias"] = HasLayerTensor(file, ".ffn_gate.bias");
  ASSAY_RETURN_IF_ERROR(AddSpecialTokens(file, config));
  return config;
}

}  // namespace

absl::StatusOr<json> HuggingFaceConfig(const GgufFile& file) {
  ASSAY_ASSIGN_OR_RETURN(const std::string architecture, PlainName(file, "general.architecture"));
  if (architecture == "llama") return LlamaConfig(file);
  return json{{"model_type", architecture}};
}

}  // namespace assay
