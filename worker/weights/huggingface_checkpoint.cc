#include "worker/weights/huggingface_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "worker/weights/json_object.h"
#include "worker/weights/quantized_folder.h"
#include "worker/weights/rwkv_config.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kConfig[] = "config.json";
constexpr char kGenerationConfig[] = "generation_config.json";
constexpr char kSafetensors[] = "model.safetensors";
constexpr char kSafetensorsIndex[] = "model.safetensors.index.json";
constexpr char kTorch[] = "pytorch_model.bin";
constexpr char kTorchIndex[] = "pytorch_model.bin.index.json";

// What AutoGPTQ and AutoAWQ wrote before config.json had a place for it.
struct QuantizationFile {
  const char* name;
  const char* method;
};
constexpr QuantizationFile kQuantizationFiles[] = {{"quantize_config.json", "gptq"},
                                                   {"quant_config.json", "awq"}};

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// A file of the folder itself: a name that leads elsewhere would read files that are not the
// model's.
bool IsPlainName(absl::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
         name.find('\0') == name.npos;
}

// In order of name, those with one of the endings.
absl::StatusOr<std::vector<std::string>> FilesIn(const std::string& folder,
                                                 std::initializer_list<const char*> endings) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    for (const char* ending : endings) {
      if (entry->path().extension() != ending) continue;
      names.push_back(entry->path().filename().string());
    }
  }
  if (error) {
    return absl::UnknownError(absl::StrCat("cannot list ", folder, ": ", error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

// What else the folder has in the place of weights, for people.
std::string OtherWeightsIn(const std::string& folder) {
  const auto others = FilesIn(folder, {".h5", ".msgpack", ".onnx", ".gguf", ".ckpt"});
  if (!others.ok() || others->empty()) return "";
  const bool gguf = others->front().ends_with(".gguf");
  return absl::StrCat("; ", others->front(),
                      gguf ? " is a model of its own: give that file"
                           : " is of another framework: save the model again with transformers' "
                             "save_pretrained, which writes safetensors");
}

void AddToDigest(absl::string_view part, Sha256& digest) {
  digest.Update(absl::StrCat(part.size(), ":"));  // no two lists of files give the same bytes
  digest.Update(part);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpoint>> HuggingFaceCheckpoint::Open(const std::string& folder) {
  return Open(folder, folder, "");
}

absl::StatusOr<std::unique_ptr<Checkpoint>> HuggingFaceCheckpoint::OpenFile(
    const std::string& file) {
  const fs::path path(file);
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  return Open(file, folder, path.filename().string());
}

absl::StatusOr<std::unique_ptr<Checkpoint>> HuggingFaceCheckpoint::Open(std::string path,
                                                                        std::string folder,
                                                                        const std::string& file) {
  std::unique_ptr<HuggingFaceCheckpoint> checkpoint(
      new HuggingFaceCheckpoint(std::move(path), std::move(folder)));
  absl::Status config = checkpoint->ReadConfig();
  // Some files of torch.save come without one.
  if (!config.ok() && (file.empty() || !absl::IsNotFound(config))) return config;
  ASSAY_RETURN_IF_ERROR(checkpoint->ReadQuantization());
  ASSAY_RETURN_IF_ERROR(file.empty() ? checkpoint->OpenWeights() : checkpoint->OpenShard(file));
  ASSAY_RETURN_IF_ERROR(checkpoint->ListTensors());
  if (!config.ok()) {
    std::optional<json> made = RwkvConfig(checkpoint->tensors_, file);
    if (!made.has_value()) return config;
    checkpoint->config_ = *std::move(made);
  }
  return checkpoint;
}

std::string HuggingFaceCheckpoint::PathOf(absl::string_view name) const {
  return (fs::path(folder_) / std::string(name)).string();
}

absl::Status HuggingFaceCheckpoint::ReadConfig() {
  const std::string path = PathOf(kConfig);
  if (!Exists(path)) {
    return absl::NotFoundError(absl::StrCat(folder_,
                                            " has no config.json: not a Hugging Face model folder "
                                            "(a GGUF model is given as its file)"));
  }
  ASSAY_ASSIGN_OR_RETURN(settings_[kConfig], MappedFile::Open(path));
  ASSAY_ASSIGN_OR_RETURN(config_, ParseJsonObject(path, settings_[kConfig].bytes()));
  auto type = config_.find("model_type");
  if (type == config_.end() || !type->is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the text field \"model_type\" is missing"));
  }
  const std::string generation_path = PathOf(kGenerationConfig);
  if (!Exists(generation_path)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(settings_[kGenerationConfig], MappedFile::Open(generation_path));
  ASSAY_ASSIGN_OR_RETURN(const json generation,
                         ParseJsonObject(generation_path, settings_[kGenerationConfig].bytes()));
  auto end_token = generation.find("eos_token_id");
  if (end_token != generation.end() && !end_token->is_null()) config_["eos_token_id"] = *end_token;
  return absl::OkStatus();
}

absl::Status HuggingFaceCheckpoint::ReadQuantization() {
  const auto inside = config_.find("quantization_config");
  if (inside != config_.end() && !inside->is_null()) {
    ASSAY_ASSIGN_OR_RETURN(quantization_, ParseQuantizationConfig(*inside, PathOf(kConfig), ""));
    return absl::OkStatus();
  }
  for (const QuantizationFile& file : kQuantizationFiles) {
    const std::string path = PathOf(file.name);
    if (!Exists(path)) continue;
    ASSAY_ASSIGN_OR_RETURN(settings_[file.name], MappedFile::Open(path));
    ASSAY_ASSIGN_OR_RETURN(const json object, ParseJsonObject(path, settings_[file.name].bytes()));
    ASSAY_ASSIGN_OR_RETURN(quantization_, ParseQuantizationConfig(object, path, file.method));
    return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status HuggingFaceCheckpoint::OpenWeights() {
  if (Exists(PathOf(kSafetensors))) return OpenShard(kSafetensors);
  if (Exists(PathOf(kSafetensorsIndex))) return OpenIndex(PathOf(kSafetensorsIndex));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<std::string> all, FilesIn(folder_, {".safetensors"}));
  for (const std::string& name : all) ASSAY_RETURN_IF_ERROR(OpenShard(name));
  if (!all.empty()) return absl::OkStatus();
  if (Exists(PathOf(kTorch))) return OpenShard(kTorch);
  if (Exists(PathOf(kTorchIndex))) return OpenIndex(PathOf(kTorchIndex));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<std::string> saved, FilesIn(folder_, {".pt", ".pth"}));
  if (saved.size() == 1) return OpenShard(saved.front());
  if (saved.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder_, " has ", saved.size(), " files that may be the model, ",
                     saved.front(), " and others: give the file instead of the folder"));
  }
  return absl::NotFoundError(
      absl::StrCat(folder_, " has no *.safetensors file and no ", kTorch, OtherWeightsIn(folder_)));
}

absl::Status HuggingFaceCheckpoint::OpenIndex(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const json index, ReadJsonObject(path));
  auto weights = index.find("weight_map");
  if (weights == index.end() || !weights->is_object() || weights->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": \"weight_map\" is missing, empty or not an object"));
  }
  for (auto item = weights->begin(); item != weights->end(); ++item) {
    const std::string* name = item->get_ptr<const std::string*>();
    if (name == nullptr || !IsPlainName(*name)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": \"weight_map\" puts tensor \"", item.key(), "\" into ",
                       name == nullptr ? "no text" : absl::StrCat("\"", *name, "\""),
                       ", which is not a file name in this folder"));
    }
    if (!shards_.contains(*name)) {
      if (!Exists(PathOf(*name))) {
        return absl::NotFoundError(absl::StrCat(
            path, ": the file ", *name, ", which holds tensor \"", item.key(), "\", is missing"));
      }
      ASSAY_RETURN_IF_ERROR(OpenShard(*name));
    }
    if (!shards_[*name]->Has(item.key())) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": tensor \"", item.key(), "\" should be in ", *name, ", and is not"));
    }
  }
  return absl::OkStatus();
}

absl::Status HuggingFaceCheckpoint::OpenShard(const std::string& name) {
  ASSAY_ASSIGN_OR_RETURN(shards_[name], WeightsFile::Open(PathOf(name)));
  return absl::OkStatus();
}

absl::Status HuggingFaceCheckpoint::ListTensors() {
  std::vector<StoredTensor> integers;
  for (const auto& [shard_name, shard] : shards_) {
    tensors_.insert(tensors_.end(), shard->tensors().begin(), shard->tensors().end());
    integers.insert(integers.end(), shard->integers().begin(), shard->integers().end());
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const StoredTensor& a, const StoredTensor& b) { return a.name < b.name; });
  for (size_t i = 1; i < tensors_.size(); ++i) {
    if (tensors_[i - 1].name == tensors_[i].name) {
      return absl::InvalidArgumentError(absl::StrCat("tensor \"", tensors_[i].name, "\" is in ",
                                                     tensors_[i - 1].file, " and in ",
                                                     tensors_[i].file));
    }
  }
  if (tensors_.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path_, ": the files hold no weights"));
  }
  return ReplaceQuantizedParts(quantization_, integers, &tensors_);
}

absl::Status HuggingFaceCheckpoint::CheckIntegrity() const {
  for (const auto& [name, shard] : shards_) ASSAY_RETURN_IF_ERROR(shard->CheckIntegrity());
  return absl::OkStatus();
}

absl::StatusOr<std::string> HuggingFaceCheckpoint::Digest() const {
  std::map<absl::string_view, absl::string_view> files;
  for (const auto& [name, file] : settings_) files[name] = file.bytes();
  for (const auto& [name, shard] : shards_) files[name] = shard->bytes();
  Sha256 digest;
  for (const auto& [name, bytes] : files) {
    AddToDigest(name, digest);
    AddToDigest(bytes, digest);
  }
  return digest.Finish();
}

}  // namespace assay
