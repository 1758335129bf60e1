#include "tests/support/checkpoint_builder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "tests/support/gguf_builder.h"

namespace assay {
namespace {

using nlohmann::json;

// SplitMix64 (Steele, Lea and Flood 2014). Values are multiples of 1/128 below 1 times a power of
// two: at most 8 significant bits, so that float16 and bfloat16 hold them too.
class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : state_(seed) {}

  // In (-scale, scale), around `center`.
  std::vector<float> Draw(int64_t count, float scale, float center = 0.0f) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) {
      value = center + scale * (static_cast<float>(static_cast<int>(Next() % 255) - 127) / 128.0f);
    }
    return values;
  }

 private:
  uint64_t Next() {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  uint64_t state_;
};

// The power of two next below 2 / sqrt(inputs), which keeps activations near 1.
float LinearScale(int64_t inputs) {
  float scale = 1.0f;
  while (scale * scale * static_cast<float>(inputs) > 4.0f) scale /= 2.0f;
  return scale;
}

uint16_t ExactFloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  if ((bits & 0x7fffffffu) == 0) return static_cast<uint16_t>(sign);
  const uint32_t exponent = ((bits >> 23) & 0xffu) - 112u;  // normal float16 numbers only
  return static_cast<uint16_t>(sign | exponent << 10 | ((bits >> 13) & 0x3ffu));
}

template <typename T>
void Append(std::string& bytes, T value) {
  bytes.append(LittleEndian(value));
}

absl::string_view DtypeName(TensorType type) {
  return type == TensorType::kF32 ? "F32" : type == TensorType::kF16 ? "F16" : "BF16";
}

uint32_t GgmlNumber(TensorType type) {
  return type == TensorType::kF32 ? 0 : type == TensorType::kF16 ? 1 : 30;
}

std::string GgufName(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"model.embed_tokens", "token_embd"},
                                    {"model.norm", "output_norm"},
                                    {"lm_head", "output"},
                                    {"model.layers", "blk"},
                                    {"input_layernorm", "attn_norm"},
                                    {"post_attention_layernorm", "ffn_norm"},
                                    {"self_attn.q_proj", "attn_q"},
                                    {"self_attn.k_proj", "attn_k"},
                                    {"self_attn.v_proj", "attn_v"},
                                    {"self_attn.o_proj", "attn_output"},
                                    {"mlp.gate_proj", "ffn_gate"},
                                    {"mlp.up_proj", "ffn_up"},
                                    {"mlp.down_proj", "ffn_down"}});
}

// llama.cpp's order of a rotary projection's rows: [heads, 2, half] becomes [heads, half, 2].
std::vector<float> PermuteHeads(const TestTensor& tensor, int64_t heads) {
  const int64_t half = tensor.shape[0] / heads / 2;
  const int64_t row_size = static_cast<int64_t>(tensor.values.size()) / tensor.shape[0];
  std::vector<float> permuted;
  for (int64_t head = 0; head < heads; ++head) {
    for (int64_t pair = 0; pair < half; ++pair) {
      for (int64_t side = 0; side < 2; ++side) {
        const auto row = tensor.values.begin() + ((head * 2 + side) * half + pair) * row_size;
        permuted.insert(permuted.end(), row, row + row_size);
      }
    }
  }
  return permuted;
}

// The character that stands for a byte in byte-level tokenizers: printable Latin-1 stands for
// itself, the others for U+0100 and up, in order.
std::string ByteCharacter(int byte) {
  const auto printable = [](int b) {
    return (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || (b >= 0xae && b <= 0xff);
  };
  int code = byte;
  if (!printable(byte)) {
    code = 0x100;
    for (int b = 0; b < byte; ++b) code += printable(b) ? 0 : 1;
  }
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 0x3f))};
}

// What llama3's scaling divides each rotary frequency by: one for short wavelengths, the factor for
// long ones, a passage between them that is linear in the inverse.
std::vector<float> Llama3Divisors(const TinyLlamaOptions& options) {
  const json& scaling = options.rope_scaling;
  const double factor = scaling["factor"].get<double>();
  const double low = scaling["low_freq_factor"].get<double>();
  const double high = scaling["high_freq_factor"].get<double>();
  const double context = scaling["original_max_position_embeddings"].get<double>();
  std::vector<float> divisors;
  for (int64_t i = 0; i < options.head_dim; i += 2) {
    const double exponent = static_cast<double>(i) / static_cast<double>(options.head_dim);
    const double wavelength = 2 * std::numbers::pi * std::pow(options.rope_theta, exponent);
    const double kept = std::clamp((context / wavelength - low) / (high - low), 0.0, 1.0);
    divisors.push_back(static_cast<float>(1 / ((1 - kept) / factor + kept)));
  }
  return divisors;
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat("cannot make ", folder, ": ", error.message()));
}

}  // namespace

std::string EncodeValues(const std::vector<float>& values, TensorType type) {
  std::string bytes;
  for (float value : values) {
    if (type == TensorType::kF32) {
      Append(bytes, value);
    } else if (type == TensorType::kF16) {
      Append(bytes, ExactFloat16(value));
    } else {
      Append(bytes, static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16));
    }
  }
  return bytes;
}

std::string RawSafetensors(absl::string_view header, absl::string_view data) {
  return absl::StrCat(LittleEndian<uint64_t>(header.size()), header, data);
}

std::string SafetensorsBytes(const std::vector<TestTensor>& tensors, TensorType type) {
  json header = {{"__metadata__", {{"format", "pt"}}}};
  std::string data;
  for (const TestTensor& tensor : tensors) {
    const size_t begin = data.size();
    data += EncodeValues(tensor.values, type);
    header[tensor.name] = {{"dtype", std::string(DtypeName(type))},
                           {"shape", tensor.shape},
                           {"data_offsets", {begin, data.size()}}};
  }
  return RawSafetensors(header.dump(), data);
}

std::vector<TestTensor> TinyLlamaTensors(const TinyLlamaOptions& options) {
  RandomValues random(options.seed);
  std::vector<TestTensor> tensors;
  const auto linear = [&](const std::string& name, int64_t out, int64_t in, bool bias) {
    tensors.push_back({name + ".weight", {out, in}, random.Draw(out * in, LinearScale(in))});
    if (bias) tensors.push_back({name + ".bias", {out}, random.Draw(out, 0.25f)});
  };
  const auto norm = [&](const std::string& name) {
    // 1 ± 31/128 at most: still 8 significant bits.
    std::vector<float> values = random.Draw(options.hidden, 1.0f);
    for (float& value : values)
      value = 1.0f + static_cast<float>(static_cast<int>(value * 31.0f)) / 128.0f;
    tensors.push_back({name + ".weight", {options.hidden}, std::move(values)});
  };
  tensors.push_back({"model.embed_tokens.weight",
                     {options.vocab, options.hidden},
                     random.Draw(options.vocab * options.hidden, 1.0f)});
  for (int64_t i = 0; i < options.layers; ++i) {
    const std::string layer = absl::StrCat("model.layers.", i, ".");
    norm(layer + "input_layernorm");
    const int64_t queries = options.heads * options.head_dim;
    const int64_t keys = options.kv_heads * options.head_dim;
    linear(layer + "self_attn.q_proj", queries, options.hidden, options.attention_bias);
    linear(layer + "self_attn.k_proj", keys, options.hidden, options.attention_bias);
    linear(layer + "self_attn.v_proj", keys, options.hidden, options.attention_bias);
    linear(layer + "self_attn.o_proj", options.hidden, queries, options.attention_bias);
    norm(layer + "post_attention_layernorm");
    linear(layer + "mlp.gate_proj", options.intermediate, options.hidden, options.mlp_bias);
    linear(layer + "mlp.up_proj", options.intermediate, options.hidden, options.mlp_bias);
    linear(layer + "mlp.down_proj", options.hidden, options.intermediate, options.mlp_bias);
  }
  norm("model.norm");
  if (!options.tie) linear("lm_head", options.vocab, options.hidden, false);
  return tensors;
}

json TinyLlamaConfig(const TinyLlamaOptions& options) {
  return {{"architectures", {"LlamaForCausalLM"}},
          {"model_type", "llama"},
          {"hidden_act", "silu"},
          {"hidden_size", options.hidden},
          {"intermediate_size", options.intermediate},
          {"num_hidden_layers", options.layers},
          {"num_attention_heads", options.heads},
          {"num_key_value_heads", options.kv_heads},
          {"head_dim", options.head_dim},
          {"max_position_embeddings", options.max_positions},
          {"rms_norm_eps", 1e-5},
          {"rope_theta", options.rope_theta},
          {"rope_scaling", options.rope_scaling},
          {"vocab_size", options.vocab},
          {"tie_word_embeddings", options.tie},
          {"attention_bias", options.attention_bias},
          {"mlp_bias", options.mlp_bias},
          {"bos_token_id", kTinyBosId},
          {"eos_token_id", kTinyEosId}};
}

json TinyTokenizer() {
  json vocabulary = json::object();
  for (int byte = 0; byte < 256; ++byte) vocabulary[ByteCharacter(byte)] = byte;
  json added = json::array();
  const auto add = [&](int id, const char* text) {
    vocabulary[text] = id;
    added.push_back({{"id", id},
                     {"content", text},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  };
  add(kTinyBosId, "<s>");
  add(kTinyEosId, "</s>");
  add(kTinyPadId, "<pad>");
  const json byte_level = {{"type", "ByteLevel"},
                           {"add_prefix_space", false},
                           {"trim_offsets", true},
                           {"use_regex", false}};
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level},
          {"post_processor", nullptr},
          {"decoder", byte_level},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"vocab", vocabulary},
            {"merges", json::array()}}}};
}

absl::Status WriteTinyLlama(const std::string& folder, const TinyLlamaOptions& options) {
  ASSAY_RETURN_IF_ERROR(MakeFolder(folder));
  const json tokenizer_config = {
      {"bos_token", "<s>"}, {"eos_token", "</s>"}, {"pad_token", "<pad>"}};
  ASSAY_RETURN_IF_ERROR(WriteFile(folder + "/config.json", TinyLlamaConfig(options).dump(2)));
  ASSAY_RETURN_IF_ERROR(WriteFile(folder + "/tokenizer.json", TinyTokenizer().dump(2)));
  ASSAY_RETURN_IF_ERROR(WriteFile(folder + "/tokenizer_config.json", tokenizer_config.dump(2)));
  return WriteFile(folder + "/model.safetensors",
                   SafetensorsBytes(TinyLlamaTensors(options), options.type));
}

absl::Status WriteTinyLlamaGguf(const std::string& path, const TinyLlamaOptions& options) {
  const auto number = [](int64_t value) { return static_cast<uint32_t>(value); };
  GgufBuilder builder;
  builder.String("general.architecture", "llama")
      .Uint32("llama.block_count", number(options.layers))
      .Uint32("llama.context_length", number(options.max_positions))
      .Uint32("llama.embedding_length", number(options.hidden))
      .Uint32("llama.feed_forward_length", number(options.intermediate))
      .Uint32("llama.attention.head_count", number(options.heads))
      .Uint32("llama.attention.head_count_kv", number(options.kv_heads))
      .Uint32("llama.attention.key_length", number(options.head_dim))
      .Uint32("llama.rope.dimension_count", number(options.head_dim))
      .Float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
      .Float32("llama.rope.freq_base", static_cast<float>(options.rope_theta))
      .Uint32("llama.vocab_size", number(options.vocab))
      .Uint32("tokenizer.ggml.bos_token_id", kTinyBosId)
      .Uint32("tokenizer.ggml.eos_token_id", kTinyEosId);
  const json& scaling = options.rope_scaling;
  if (scaling.is_object() && scaling.value("rope_type", "") == "llama3") {
    const std::vector<float> divisors = Llama3Divisors(options);
    builder.Tensor("rope_freqs.weight", {static_cast<int64_t>(divisors.size())},
                   GgmlNumber(TensorType::kF32), EncodeValues(divisors, TensorType::kF32));
  } else if (scaling.is_object()) {
    builder.String("llama.rope.scaling.type", scaling.value("rope_type", "linear"))
        .Float32("llama.rope.scaling.factor", scaling.value("factor", 1.0f));
    if (scaling.contains("original_max_position_embeddings")) {
      builder.Uint32("llama.rope.scaling.original_context_length",
                     scaling["original_max_position_embeddings"].get<uint32_t>());
    }
  }
  for (const TestTensor& tensor : TinyLlamaTensors(options)) {
    // As llama.cpp's converter does, vectors stay in float32.
    const TensorType type = tensor.shape.size() == 1 ? TensorType::kF32 : options.type;
    std::vector<float> values = tensor.values;
    if (absl::StrContains(tensor.name, "q_proj")) values = PermuteHeads(tensor, options.heads);
    if (absl::StrContains(tensor.name, "k_proj")) values = PermuteHeads(tensor, options.kv_heads);
    builder.Tensor(GgufName(tensor.name), tensor.shape, GgmlNumber(type),
                   EncodeValues(values, type));
  }
  return WriteFile(path, builder.Bytes());
}

}  // namespace assay
