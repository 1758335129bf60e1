// GGUF's metadata as a Hugging Face config.
#ifndef ASSAY_WORKER_WEIGHTS_GGUF_CONFIG_H_
#define ASSAY_WORKER_WEIGHTS_GGUF_CONFIG_H_

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "worker/weights/gguf_file.h"

namespace assay {

// Of the architecture "llama": every key that transformers' LlamaConfig has for the forward pass.
// Of another: "model_type" with its name only, for whoever supports it or says no. InvalidArgument
// names a key that is missing or of the wrong type.
absl::StatusOr<nlohmann::json> HuggingFaceConfig(const GgufFile& file);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_GGUF_CONFIG_H_
