#include "worker/weights/lora_adapter.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr char kConfig[] = "adapter_config.json";
constexpr char kSafetensors[] = "adapter_model.safetensors";
constexpr char kTorch[] = "adapter_model.bin";

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

template <typename... Parts>
absl::Status TensorError(const StoredTensor& tensor, const Parts&... parts) {
  return absl::InvalidArgumentError(
      absl::StrCat(tensor.file, ": tensor \"", tensor.name, "\" ", parts...));
}

// The parts of a module that adapters have, by the ends of their names.
struct Part {
  absl::string_view ending;
  const StoredTensor* LoraModule::*tensor;
  bool is_embedding = false;
};
constexpr Part kParts[] = {
    {".lora_A.weight", &LoraModule::a},
    {".lora_B.weight", &LoraModule::b},
    {".lora_B.bias", &LoraModule::bias},
    {".lora_embedding_A", &LoraModule::a, true},
    {".lora_embedding_B", &LoraModule::b, true},
    {".lora_magnitude_vector", &LoraModule::magnitude},
    {".lora_magnitude_vector.weight", &LoraModule::magnitude},
};

// Without what some versions put between: the adapter's own name, and who wraps the weight.
std::string PlainName(absl::string_view name) {
  absl::ConsumePrefix(&name, "base_model.model.");
  std::string plain(name);
  for (const char* inside : {".default", ".base_layer", ".modules_to_save"}) {
    const size_t at = plain.rfind(inside);
    if (at == std::string::npos) continue;
    const size_t end = at + absl::string_view(inside).size();
    if (end == plain.size() || plain[end] == '.') plain.erase(at, end - at);
  }
  return plain;
}

}  // namespace

bool LoraAdapter::IsFolder(const std::string& folder) {
  return Exists(absl::StrCat(folder, "/", kConfig));
}

absl::StatusOr<std::unique_ptr<LoraAdapter>> LoraAdapter::Open(const std::string& folder) {
  std::unique_ptr<LoraAdapter> adapter(new LoraAdapter(folder));
  const auto path = [&](const char* name) { return (fs::path(folder) / name).string(); };
  ASSAY_ASSIGN_OR_RETURN(adapter->settings_, MappedFile::Open(path(kConfig)));
  ASSAY_ASSIGN_OR_RETURN(adapter->config_, ParseLoraConfig(path(kConfig), adapter->settings()));
  const char* weights = Exists(path(kSafetensors)) ? kSafetensors : kTorch;
  if (!Exists(path(weights))) {
    return absl::NotFoundError(absl::StrCat(folder, " has no ", kSafetensors, " and no ", kTorch));
  }
  ASSAY_ASSIGN_OR_RETURN(adapter->weights_, WeightsFile::Open(path(weights)));
  ASSAY_RETURN_IF_ERROR(adapter->SortTensors());
  return adapter;
}

absl::Status LoraAdapter::SortTensors() {
  for (const StoredTensor& tensor : weights_->tensors()) {
    ASSAY_RETURN_IF_ERROR(AddTensor(tensor));
  }
  for (const auto& [name, module] : modules_) ASSAY_RETURN_IF_ERROR(CheckModule(name, module));
  if (modules_.empty() && replaced_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(weights_->path(), ": holds no LoRA matrices"));
  }
  return absl::OkStatus();
}

absl::Status LoraAdapter::AddTensor(const StoredTensor& tensor) {
  std::string name = PlainName(tensor.name);
  for (const Part& part : kParts) {
    if (!absl::EndsWith(name, part.ending)) continue;
    LoraModule& module = modules_[name.substr(0, name.size() - part.ending.size())];
    if (module.*part.tensor != nullptr) return TensorError(tensor, "is there twice");
    module.*part.tensor = &tensor;
    module.is_embedding |= part.is_embedding;
    return absl::OkStatus();
  }
  if (!absl::EndsWith(name, ".weight") && !absl::EndsWith(name, ".bias")) {
    return TensorError(tensor, "is no part of a LoRA adapter that is known here");
  }
  if (!replaced_.try_emplace(std::move(name), &tensor).second) {
    return TensorError(tensor, "is there twice");
  }
  return absl::OkStatus();
}

absl::Status LoraAdapter::CheckModule(const std::string& name, const LoraModule& module) const {
  if (module.a == nullptr || module.b == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(weights_->path(), ": module ", name, " has no ",
                                                   module.a == nullptr ? "lora_A" : "lora_B"));
  }
  if (!config_.Targets(name)) {
    return TensorError(*module.a, "changes a module that ", config_path(),
                       " does not select (target_modules, exclude_modules, layers_to_transform)");
  }
  for (const StoredTensor* matrix : {module.a, module.b}) {
    if (matrix->shape.size() != 2) {
      return TensorError(*matrix,
                         "is no matrix: only adapters of linear layers and embeddings are "
                         "read");
    }
  }
  const int64_t rank = config_.RankOf(name);
  if (module.a->shape[0] != rank || module.b->shape[1] != rank) {
    return TensorError(module.a->shape[0] != rank ? *module.a : *module.b, "has rank ",
                       module.a->shape[0] != rank ? module.a->shape[0] : module.b->shape[1],
                       ", and by ", config_path(), " it should have ", rank);
  }
  if (config_.decomposed != (module.magnitude != nullptr)) {
    return absl::InvalidArgumentError(absl::StrCat(weights_->path(), ": module ", name, " has ",
                                                   config_.decomposed
                                                       ? "no magnitudes, and use_dora is true"
                                                       : "magnitudes, and use_dora is false"));
  }
  return absl::OkStatus();
}

}  // namespace assay
