// A LoRA adapter's folder as PEFT writes it: its settings and its matrices by the modules they
// change. LoRA: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
#ifndef ASSAY_WORKER_WEIGHTS_LORA_ADAPTER_H_
#define ASSAY_WORKER_WEIGHTS_LORA_ADAPTER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "worker/weights/lora_config.h"
#include "worker/weights/stored_tensor.h"
#include "worker/weights/weights_file.h"

namespace assay {

// What a module's weight is changed by. Null: not there.
struct LoraModule {
  const StoredTensor* a = nullptr;          // [rank, in]; of an embedding [rank, vocabulary]
  const StoredTensor* b = nullptr;          // [out, rank]; of an embedding [width, rank]
  const StoredTensor* bias = nullptr;       // [out], of b
  const StoredTensor* magnitude = nullptr;  // [out], DoRA's
  bool is_embedding = false;
};

// Thread-safe to read.
class LoraAdapter {
 public:
  // True for a folder that has an adapter_config.json.
  static bool IsFolder(const std::string& folder);
  // The folder is untrusted: settings that are not supported, matrices without their other half or
  // of another rank than the settings say, and tensors of modules that the settings do not select
  // are refused by name.
  static absl::StatusOr<std::unique_ptr<LoraAdapter>> Open(const std::string& folder);

  const std::string& folder() const { return folder_; }
  const LoraConfig& config() const { return config_; }
  const std::string& config_path() const { return settings_.path(); }
  // By the module's name in the base, "model.layers.0.self_attn.q_proj".
  const std::map<std::string, LoraModule>& modules() const { return modules_; }
  // Tensors that stand in the place of the base's, by their names there.
  const std::map<std::string, const StoredTensor*>& replaced() const { return replaced_; }

  absl::string_view settings() const { return settings_.bytes(); }
  const WeightsFile& weights() const { return *weights_; }

 private:
  explicit LoraAdapter(std::string folder) : folder_(std::move(folder)) {}
  absl::Status SortTensors();
  absl::Status AddTensor(const StoredTensor& tensor);
  absl::Status CheckModule(const std::string& name, const LoraModule& module) const;

  std::string folder_;
  MappedFile settings_;
  LoraConfig config_;
  std::unique_ptr<WeightsFile> weights_;
  std::map<std::string, LoraModule> modules_;
  std::map<std::string, const StoredTensor*> replaced_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_LORA_ADAPTER_H_
