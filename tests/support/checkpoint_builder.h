// Writes safetensors files and whole small Llama models for tests. Everything follows from the
// arguments: the same options make the same bytes on every machine.
#ifndef ASSAY_TESTS_SUPPORT_CHECKPOINT_BUILDER_H_
#define ASSAY_TESTS_SUPPORT_CHECKPOINT_BUILDER_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "worker/weights/tensor_type.h"

namespace assay {

struct TestTensor {
  std::string name;
  std::vector<int64_t> shape;  // outermost first
  std::vector<float> values;
};

// The values in a plain type (kF32, kF16, kBF16), which must hold them exactly.
std::string EncodeValues(const std::vector<float>& values, TensorType type);

// A header (any text) with its length, and the data behind it.
std::string RawSafetensors(absl::string_view header, absl::string_view data);
std::string SafetensorsBytes(const std::vector<TestTensor>& tensors,
                             TensorType type = TensorType::kF32);

struct TinyLlamaOptions {
  int64_t layers = 2;
  int64_t hidden = 64;
  int64_t heads = 4;
  int64_t kv_heads = 2;
  int64_t head_dim = 16;
  int64_t intermediate = 96;
  int64_t vocab = 272;  // at least 259: 256 bytes and the special tokens
  int64_t max_positions = 512;
  bool tie = true;
  bool attention_bias = false;
  bool mlp_bias = false;
  double rope_theta = 10000.0;
  nlohmann::json rope_scaling = nullptr;  // config.json's
  uint64_t seed = 1;
  TensorType type = TensorType::kF32;  // every plain type holds the same values
};

// Special tokens of the tiny models' tokenizer; the ids below 256 are the bytes.
inline constexpr int kTinyBosId = 256;
inline constexpr int kTinyEosId = 257;
inline constexpr int kTinyPadId = 258;

// Random weights under Hugging Face's names, in its order of rows.
std::vector<TestTensor> TinyLlamaTensors(const TinyLlamaOptions& options);
nlohmann::json TinyLlamaConfig(const TinyLlamaOptions& options);
// A byte-level tokenizer.json: one token a byte, <s>, </s> and <pad>.
nlohmann::json TinyTokenizer();

// A Hugging Face folder (made where it is missing): config.json, model.safetensors, tokenizer.json,
// tokenizer_config.json.
absl::Status WriteTinyLlama(const std::string& folder, const TinyLlamaOptions& options);
// The same weights as a GGUF file without a tokenizer. Of rope_scaling, types linear and yarn are
// kept; llama3 becomes the tensor rope_freqs.weight, as in llama.cpp's converter.
absl::Status WriteTinyLlamaGguf(const std::string& path, const TinyLlamaOptions& options);

}  // namespace assay

#endif  // ASSAY_TESTS_SUPPORT_CHECKPOINT_BUILDER_H_
