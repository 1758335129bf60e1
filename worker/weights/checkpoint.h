// A model's files as its author ships them: a Hugging Face folder (config.json, one or many
// safetensors) or one GGUF file. Both look the same from here: Hugging Face's tensor names, shapes
// and row order, and a config in Hugging Face's keys. The files are untrusted: every size and
// offset is checked before it is used; errors name the file and the field.
#ifndef ASSAY_WORKER_WEIGHTS_CHECKPOINT_H_
#define ASSAY_WORKER_WEIGHTS_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/tensor_type.h"

namespace assay {

class GgufFile;

// One stored tensor. The bytes are mapped from the file and live as long as the checkpoint.
struct StoredTensor {
  std::string name;            // Hugging Face's: "model.layers.0.self_attn.q_proj.weight"
  std::vector<int64_t> shape;  // outermost first; [out, in] for a linear layer
  TensorType type = TensorType::kF32;
  absl::string_view bytes;
  std::string file;  // for messages
  // Not 0: the rows are stored in GGUF's order for rotary heads ([heads, 2, head/2] interleaved)
  // and are put back into Hugging Face's by ReadRows. The number is that of heads.
  int64_t permuted_heads = 0;
};

// Thread-safe to read.
class Checkpoint {
 public:
  // `path`: a folder or a .gguf file.
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Open(const std::string& path);
  virtual ~Checkpoint() = default;

  virtual absl::string_view format() const = 0;  // "huggingface", "gguf"
  // The content of config.json, or the same keys made from GGUF's metadata. Has "model_type", and
  // "eos_token_id" (a number or a list) where it is known; a generation_config.json's eos_token_id
  // takes precedence, as in transformers.
  virtual const nlohmann::json& config() const = 0;
  // In order of name.
  virtual const std::vector<StoredTensor>& tensors() const = 0;
  // NotFound names the tensor and the checkpoint.
  absl::StatusOr<const StoredTensor*> Find(absl::string_view name) const;
  bool Has(absl::string_view name) const;

  // Rows [begin, end) of the tensor, seen as [shape[0], product of the rest], as float32 in Hugging
  // Face's order. `out` holds (end - begin) × (product of the rest) values.
  absl::Status ReadRows(const StoredTensor& tensor, int64_t begin, int64_t end, float* out) const;

  // Gives the memory that the files' mapping has taken so far back to the system. What was read
  // stays readable.
  virtual void ReleaseMemory() const = 0;

  // ModelSpec::weights_sha256; reads every byte.
  virtual absl::StatusOr<std::string> Digest() const = 0;
  // The type most of the weights are stored in, for people: "bfloat16", "Q4_1".
  std::string StoredType() const;
  // Not null for a GGUF file, whose tokenizer is inside.
  virtual const GgufFile* gguf() const { return nullptr; }
  virtual const std::string& path() const = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_CHECKPOINT_H_
