#include "worker/weights/huggingface_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "worker/weights/json_object.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kConfig[] = "config.json";
constexpr char kGenerationConfig[] = "generation_config.json";
constexpr char kSingleFile[] = "model.safetensors";
constexpr char kIndex[] = "model.safetensors.index.json";

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

absl::StatusOr<std::vector<std::string>> SafetensorsIn(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == ".safetensors") {
      names.push_back(entry->path().filename().string());
    }
  }
  if (error) {
    return absl::UnknownError(absl::StrCat("cannot list ", folder, ": ", error.message()));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void AddToDigest(absl::string_view part, Sha256& digest) {
  digest.Update(absl::StrCat(part.size(), ":"));  // no two lists of files give the same bytes
  digest.Update(part);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpoint>> HuggingFaceCheckpoint::Open(const std::string& folder) {
  std::unique_ptr<HuggingFaceCheckpoint> checkpoint(new HuggingFaceCheckpoint(folder));
  ASSAY_RETURN_IF_ERROR(checkpoint->ReadConfig());
  ASSAY_RETURN_IF_ERROR(checkpoint->OpenWeights());
  ASSAY_RETURN_IF_ERROR(checkpoint->ListTensors());
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

absl::Status HuggingFaceCheckpoint::OpenWeights() {
  if (Exists(PathOf(kSingleFile))) return OpenShard(kSingleFile);
  if (Exists(PathOf(kIndex))) return OpenIndex(PathOf(kIndex));
  ASSAY_ASSIGN_OR_RETURN(std::vector<std::string> names, SafetensorsIn(folder_));
  if (names.empty()) {
    return absl::NotFoundError(absl::StrCat(
        folder_,
        " has no *.safetensors file; other formats (*.bin, *.pth) must be converted first"));
  }
  for (const std::string& name : names) ASSAY_RETURN_IF_ERROR(OpenShard(name));
  return absl::OkStatus();
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
    if (!shards_.contains(*name)) ASSAY_RETURN_IF_ERROR(OpenShard(*name));
    if (!shards_[*name]->Has(item.key())) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": tensor \"", item.key(), "\" should be in ", *name, ", and is not"));
    }
  }
  return absl::OkStatus();
}

absl::Status HuggingFaceCheckpoint::OpenShard(const std::string& name) {
  ASSAY_ASSIGN_OR_RETURN(shards_[name], SafetensorsFile::Open(PathOf(name)));
  return absl::OkStatus();
}

absl::Status HuggingFaceCheckpoint::ListTensors() {
  for (const auto& [shard_name, shard] : shards_) {
    for (const SafetensorsTensor& tensor : shard->tensors()) {
      tensors_.push_back({tensor.name, tensor.shape, tensor.type, tensor.bytes, shard->path(), 0});
    }
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
    return absl::InvalidArgumentError(
        absl::StrCat(folder_, ": the safetensors files hold no weights"));
  }
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
