// A model as a Hugging Face folder: config.json and its weights in one or many files.
#ifndef ASSAY_WORKER_WEIGHTS_HUGGINGFACE_CHECKPOINT_H_
#define ASSAY_WORKER_WEIGHTS_HUGGINGFACE_CHECKPOINT_H_

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/quantization_config.h"
#include "worker/weights/weights_file.h"

namespace assay {

// The weights are, as in transformers, model.safetensors; or the files that
// model.safetensors.index.json names, which must lie in the folder itself; or else every
// *.safetensors file there; or pytorch_model.bin; or the files that pytorch_model.bin.index.json
// names; or else the only *.pth or *.pt there.
class HuggingFaceCheckpoint : public Checkpoint {
 public:
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Open(const std::string& folder);
  // With all weights in one file of torch.save, whose folder has the config; RWKV's original files
  // need none.
  static absl::StatusOr<std::unique_ptr<Checkpoint>> OpenFile(const std::string& file);

  absl::string_view format() const override { return "huggingface"; }
  const nlohmann::json& config() const override { return config_; }
  const std::vector<StoredTensor>& tensors() const override { return tensors_; }
  // Over config.json, generation_config.json where there is one (its end tokens decide what is
  // generated), the file that describes the quantization where config.json does not, and the
  // weights.
  absl::StatusOr<std::string> Digest() const override;
  void ReleaseMemory() const override {
    for (const auto& [name, shard] : shards_) shard->ReleaseMemory();
  }
  absl::Status CheckIntegrity() const override;
  const std::string& path() const override { return path_; }
  const std::string& tokenizer_folder() const override { return folder_; }

 private:
  HuggingFaceCheckpoint(std::string path, std::string folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}
  static absl::StatusOr<std::unique_ptr<Checkpoint>> Open(std::string path, std::string folder,
                                                          const std::string& file);
  absl::Status ReadConfig();
  absl::Status ReadQuantization();
  absl::Status OpenWeights();
  absl::Status OpenIndex(const std::string& path);
  absl::Status OpenShard(const std::string& name);
  absl::Status ListTensors();
  std::string PathOf(absl::string_view name) const;

  const std::string path_;  // as it was given: the folder or its file
  const std::string folder_;
  std::map<std::string, MappedFile> settings_;                  // config.json and the like, by name
  std::map<std::string, std::unique_ptr<WeightsFile>> shards_;  // by name
  nlohmann::json config_;
  std::optional<QuantizationConfig> quantization_;
  std::vector<StoredTensor> tensors_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_HUGGINGFACE_CHECKPOINT_H_
