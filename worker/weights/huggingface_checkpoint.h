// A model as a Hugging Face folder: config.json and its weights in one or many safetensors files.
#ifndef ASSAY_WORKER_WEIGHTS_HUGGINGFACE_CHECKPOINT_H_
#define ASSAY_WORKER_WEIGHTS_HUGGINGFACE_CHECKPOINT_H_

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/safetensors_file.h"

namespace assay {

// The weights are, as in transformers, model.safetensors; or the files that
// model.safetensors.index.json names, which must lie in the folder itself; or else every
// *.safetensors file there.
class HuggingFaceCheckpoint : public Checkpoint {
 public:
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Open(const std::string& folder);

  absl::string_view format() const override { return "huggingface"; }
  const nlohmann::json& config() const override { return config_; }
  const std::vector<StoredTensor>& tensors() const override { return tensors_; }
  // Over config.json, generation_config.json where there is one (its end tokens decide what is
  // generated) and the weights.
  absl::StatusOr<std::string> Digest() const override;
  void ReleaseMemory() const override {
    for (const auto& [name, shard] : shards_) shard->ReleaseMemory();
  }
  const std::string& path() const override { return folder_; }

 private:
  explicit HuggingFaceCheckpoint(std::string folder) : folder_(std::move(folder)) {}
  absl::Status ReadConfig();
  absl::Status OpenWeights();
  absl::Status OpenIndex(const std::string& path);
  absl::Status OpenShard(const std::string& name);
  absl::Status ListTensors();
  std::string PathOf(absl::string_view name) const;

  std::string folder_;
  std::map<std::string, MappedFile> settings_;  // config.json and the like, by name
  std::map<std::string, std::unique_ptr<SafetensorsFile>> shards_;  // by name
  nlohmann::json config_;
  std::vector<StoredTensor> tensors_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_HUGGINGFACE_CHECKPOINT_H_
