// A model's files as its author ships them: a Hugging Face folder (config.json, one or many files
// of weights), a LoRA adapter's folder with its base, or one GGUF file. All look the same from
// here: Hugging Face's tensor names, shapes and row order, and a config in Hugging Face's keys. The
// files are untrusted: every size and offset is checked before it is used; errors name the file and
// the field.
#ifndef ASSAY_WORKER_WEIGHTS_CHECKPOINT_H_
#define ASSAY_WORKER_WEIGHTS_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/quantized_matrix.h"
#include "worker/weights/stored_tensor.h"
#include "worker/weights/tensor_type.h"

namespace assay {

class GgufFile;

// Thread-safe to read.
class Checkpoint {
 public:
  // `path`: a folder, a .gguf file, or a file of torch.save beside its config.json. `base_path`: of
  // an adapter whose own settings do not name its base, or name another; else empty.
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Open(const std::string& path,
                                                          const std::string& base_path = "");
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
  virtual absl::Status ReadRows(const StoredTensor& tensor, int64_t begin, int64_t end,
                                float* out) const;

  // Of a matrix that is stored so, and is not changed by an adapter: its weights of 4 bits.
  virtual std::optional<FourBitWeights> ReadFourBits(const StoredTensor& tensor) const;

  // Gives the memory that the files' mapping has taken so far back to the system. What was read
  // stays readable.
  virtual void ReleaseMemory() const = 0;

  // The checksums that the files themselves carry; reads every byte. For models that are new: once
  // its digest is known, that says more.
  virtual absl::Status CheckIntegrity() const { return absl::OkStatus(); }
  // ModelSpec::weights_sha256; reads every byte.
  virtual absl::StatusOr<std::string> Digest() const = 0;
  // The type most of the weights are stored in, for people: "bfloat16", "Q4_1".
  std::string StoredType() const;
  // Not null for a GGUF file, whose tokenizer is inside.
  virtual const GgufFile* gguf() const { return nullptr; }
  virtual const std::string& path() const = 0;
  // The folder with the tokenizer's files, for a checkpoint that is no GGUF file.
  virtual const std::string& tokenizer_folder() const { return path(); }
  // Of an adapter: the path of its base. Else empty.
  virtual std::string base_path() const { return ""; }
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_CHECKPOINT_H_
