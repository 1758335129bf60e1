// What a Hugging Face folder says about the format that its linear layers are quantized in.
#ifndef ASSAY_WORKER_WEIGHTS_QUANTIZATION_CONFIG_H_
#define ASSAY_WORKER_WEIGHTS_QUANTIZATION_CONFIG_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

enum class QuantizationMethod {
  kGptq,               // Frantar et al. 2022, as AutoGPTQ and GPTQModel store it
  kAwq,                // Lin et al. 2023, as AutoAWQ stores it, version "gemm"
  kBitsAndBytesInt8,   // LLM.int8(), Dettmers et al. 2022
  kBitsAndBytes4Bits,  // NF4 or FP4, Dettmers et al. 2023
};

struct QuantizationConfig {
  QuantizationMethod method = QuantizationMethod::kGptq;
  int bits = 4;
  int64_t group_size = -1;     // inputs that share a scale; -1: all
  bool zeros_less_one = true;  // of GPTQ: each zero is stored less one
  std::string where;           // for messages: the file

  absl::Status Error(absl::string_view field, absl::string_view what) const;
};

// `object` is "quantization_config" of a config.json, or the whole content of AutoGPTQ's
// quantize_config.json or AutoAWQ's quant_config.json, which do not name their method: `otherwise`
// ("gptq", "awq", or "" where it must be named). Untrusted. InvalidArgument names `where` and the
// field; Unimplemented names a method or setting that is known and not read.
absl::StatusOr<QuantizationConfig> ParseQuantizationConfig(const nlohmann::json& object,
                                                           const std::string& where,
                                                           absl::string_view otherwise);

// Whether a config.json says that its folder is in LLM.int8() already.
bool IsInt8Folder(const nlohmann::json& config);

// From which magnitude on LLM.int8() takes an input for an outlier: "llm_int8_threshold" of a
// config.json's "quantization_config", or 6 as in the paper.
float LlmInt8Threshold(const nlohmann::json& config);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_QUANTIZATION_CONFIG_H_
