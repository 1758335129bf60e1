// A model as one GGUF file, seen with Hugging Face's names and config.
#ifndef ASSAY_WORKER_WEIGHTS_GGUF_CHECKPOINT_H_
#define ASSAY_WORKER_WEIGHTS_GGUF_CHECKPOINT_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/gguf_file.h"

namespace assay {

// "blk.3.attn_q.weight" is "model.layers.3.self_attn.q_proj.weight" and so on; a name without a
// counterpart stays as it is, among them "rope_freqs.weight", which holds llama3's rotary factors.
std::string HuggingFaceTensorName(absl::string_view gguf_name);

class GgufCheckpoint : public Checkpoint {
 public:
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Open(const std::string& path);
  static absl::StatusOr<std::unique_ptr<Checkpoint>> FromFile(std::unique_ptr<GgufFile> file);

  absl::string_view format() const override { return "gguf"; }
  const nlohmann::json& config() const override { return config_; }
  const std::vector<StoredTensor>& tensors() const override { return tensors_; }
  // Of the file's content alone (what sha256sum prints): metadata, tokenizer and weights are all
  // inside, and the file's name says nothing.
  absl::StatusOr<std::string> Digest() const override;
  void ReleaseMemory() const override { file_->ReleaseMemory(); }
  const GgufFile* gguf() const override { return file_.get(); }
  const std::string& path() const override { return file_->path(); }

 private:
  explicit GgufCheckpoint(std::unique_ptr<GgufFile> file) : file_(std::move(file)) {}
  absl::Status ListTensors();
  absl::Status MarkPermutedHeads();

  std::unique_ptr<GgufFile> file_;
  nlohmann::json config_;
  std::vector<StoredTensor> tensors_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_GGUF_CHECKPOINT_H_
