#include "worker/weights/adapter_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr const char* kEmbeddings[] = {"embed_tokens", "wte", "word_embeddings", "embed_in",
                                       "shared"};
constexpr const char* kHeads[] = {"lm_head", "embed_out"};
// Of families whose head is either the embedding or lm_head, as the config says.
constexpr const char* kUntiable[] = {"bloom", "falcon",      "gemma",    "gemma2",  "gemma3_text",
                                     "gpt2",  "gpt_bigcode", "gpt_neox", "llama",   "mistral",
                                     "opt",   "qwen2",       "qwen3",    "smollm3", "starcoder2"};

absl::string_view LastPart(absl::string_view module) {
  const size_t dot = module.rfind('.');
  return dot == absl::string_view::npos ? module : module.substr(dot + 1);
}

bool IsEmbedding(absl::string_view module) {
  return std::find(std::begin(kEmbeddings), std::end(kEmbeddings), LastPart(module)) !=
         std::end(kEmbeddings);
}

bool IsHead(absl::string_view module) {
  return std::find(std::begin(kHeads), std::end(kHeads), module) != std::end(kHeads);
}

// "a.b" and "weight" of "a.b.weight".
std::pair<absl::string_view, absl::string_view> SplitName(absl::string_view name) {
  const size_t dot = name.rfind('.');
  if (dot == absl::string_view::npos) return {absl::string_view(), name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

absl::Status DoesNotFit(const StoredTensor& tensor, const std::string& base,
                        const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(tensor.file, ": tensor \"", tensor.name, "\" ",
                                                 why, " of the base ", base,
                                                 ": an adapter of another base?"));
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

bool HasTokenizer(const std::string& folder) {
  for (const char* name : {"tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json"}) {
    std::error_code error;
    if (fs::exists(fs::path(folder) / name, error)) return true;
  }
  return false;
}

absl::StatusOr<std::string> FindBase(const LoraAdapter& adapter) {
  const std::string& name = adapter.config().base;
  std::error_code error;
  if (!name.empty() && fs::exists(name, error)) {
    const std::string absolute = fs::canonical(name, error).string();
    if (!error) return absolute;
  }
  return absl::NotFoundError(absl::StrCat(
      adapter.folder(), ": a LoRA adapter, whose base ",
      name.empty() ? "its adapter_config.json does not name" : absl::StrCat("\"", name, "\""),
      name.empty() ? "" : " is no folder here", ": name it with --base FOLDER"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Checkpoint>> AdapterCheckpoint::Open(const std::string& folder,
                                                                    const std::string& base_path) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<LoraAdapter> adapter, LoraAdapter::Open(folder));
  std::string path = base_path;
  if (path.empty()) {
    ASSAY_ASSIGN_OR_RETURN(path, FindBase(*adapter));
  }
  if (LoraAdapter::IsFolder(path)) {
    return absl::UnimplementedError(
        absl::StrCat(path, ": the base of ", folder,
                     " is an adapter as well; merge that one into its base with peft"));
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<Checkpoint> base, Checkpoint::Open(path));
  std::unique_ptr<AdapterCheckpoint> checkpoint(
      new AdapterCheckpoint(std::move(adapter), std::move(base)));
  ASSAY_RETURN_IF_ERROR(checkpoint->Apply());
  return checkpoint;
}

absl::Status AdapterCheckpoint::Apply() {
  config_ = base_->config();
  tensors_ = base_->tensors();
  ASSAY_RETURN_IF_ERROR(UntieHead());
  ASSAY_RETURN_IF_ERROR(ReplaceTensors());
  ASSAY_RETURN_IF_ERROR(CheckVocabulary());
  for (const auto& [name, module] : adapter_->modules()) {
    ASSAY_RETURN_IF_ERROR(AddChange(name, module));
  }
  return absl::OkStatus();
}

StoredTensor* AdapterCheckpoint::FindMutable(absl::string_view name) {
  const auto found = std::lower_bound(
      tensors_.begin(), tensors_.end(), name,
      [](const StoredTensor& tensor, absl::string_view wanted) { return tensor.name < wanted; });
  return found == tensors_.end() || found->name != name ? nullptr : &*found;
}

StoredTensor* AdapterCheckpoint::Resolve(absl::string_view module, absl::string_view part) {
  StoredTensor* found = FindMutable(absl::StrCat(module, ".", part));
  const size_t dot = module.find('.');
  if (found == nullptr && dot != absl::string_view::npos) {
    found = FindMutable(absl::StrCat(module.substr(dot + 1), ".", part));
  }
  for (const char* head : kHeads) {
    if (found == nullptr && IsHead(module)) found = FindMutable(absl::StrCat(head, ".", part));
  }
  return found;
}

bool AdapterCheckpoint::StoresColumns(const StoredTensor& tensor) const {
  return config_["model_type"] == "gpt2" && !IsHead(SplitName(tensor.name).first) &&
         tensor.quantized == nullptr;  // those are [out, in] for all models
}

// Peft changes the embedding's module and the head's apart from each other, even where both have
// the same weight.
absl::Status AdapterCheckpoint::UntieHead() {
  bool touched = false;
  absl::string_view embedding_module;
  const auto touch = [&](absl::string_view module) {
    touched |= IsEmbedding(module) || IsHead(module);
    if (IsEmbedding(module)) embedding_module = module;
  };
  for (const auto& [name, module] : adapter_->modules()) touch(name);
  for (const auto& [name, tensor] : adapter_->replaced()) touch(SplitName(name).first);
  const auto encodes = config_.find("is_encoder_decoder");
  if (!embedding_module.empty() && encodes != config_.end() && *encodes == true) {
    // Peft changes one of the modules that hold it; the others keep the base's.
    return absl::UnimplementedError(
        absl::StrCat(path(), ": the adapter changes the embedding \"", embedding_module,
                     "\", which encoder and decoder of the base ", base_->path(),
                     " share; merge the adapter into its base with peft"));
  }
  const auto tied = config_.find("tie_word_embeddings");
  const bool said = tied != config_.end() && tied->is_boolean();
  const bool has_head = Resolve("lm_head", "weight") != nullptr;
  if (!touched || adapter_->config().keeps_ties || (said && !tied->get<bool>())) {
    return absl::OkStatus();
  }
  const std::string type = config_["model_type"].get<std::string>();
  if (std::find(std::begin(kUntiable), std::end(kUntiable), type) == std::end(kUntiable)) {
    if (has_head && !said) return absl::OkStatus();
    return absl::UnimplementedError(
        absl::StrCat(path(),
                     ": the adapter changes the embedding or the head, which share their "
                     "weight in the base ",
                     base_->path(), "; merge the adapter into its base with peft"));
  }
  const bool same = said || !has_head;  // the head's weight is the embedding's
  const auto embedding =
      std::find_if(tensors_.begin(), tensors_.end(), [](const StoredTensor& tensor) {
        return tensor.shape.size() == 2 && IsEmbedding(SplitName(tensor.name).first);
      });
  if (same && embedding != tensors_.end()) {
    StoredTensor head = *embedding;
    head.name = "lm_head.weight";
    std::erase_if(tensors_, [&](const StoredTensor& tensor) { return tensor.name == head.name; });
    const auto place = std::lower_bound(
        tensors_.begin(), tensors_.end(), head.name,
        [](const StoredTensor& tensor, const std::string& name) { return tensor.name < name; });
    tensors_.insert(place, std::move(head));
  }
  config_["tie_word_embeddings"] = false;
  return absl::OkStatus();
}

absl::Status AdapterCheckpoint::ReplaceTensors() {
  for (const auto& [name, tensor] : adapter_->replaced()) {
    const auto [module, part] = SplitName(name);
    StoredTensor* place = Resolve(module, part);
    if (place == nullptr) {
      // Both may be saved of a pair that is one tensor in the base.
      if (adapter_->config().keeps_ties && IsHead(module)) continue;
      return DoesNotFit(*tensor, base_->path(), "stands for no tensor");
    }
    const bool resizable = IsEmbedding(module) || IsHead(module);
    const bool fits = tensor->shape == place->shape ||
                      (resizable && tensor->shape.size() == 2 && place->shape.size() == 2 &&
                       tensor->shape[1] == place->shape[1]);
    if (!fits) {
      return DoesNotFit(
          *tensor, base_->path(),
          absl::StrCat("has the shape ", ShapeText(tensor->shape), " and stands for \"",
                       place->name, "\", ", ShapeText(place->shape), ","));
    }
    StoredTensor replaced = *tensor;
    replaced.name = place->name;
    *place = std::move(replaced);
  }
  return absl::OkStatus();
}

// New tokens have rows in the embedding and in the head.
absl::Status AdapterCheckpoint::CheckVocabulary() {
  for (const StoredTensor& tensor : tensors_) {
    const absl::string_view module = SplitName(tensor.name).first;
    if (!IsEmbedding(module) || !absl::EndsWith(tensor.name, ".weight") ||
        tensor.shape.size() != 2) {
      continue;
    }
    const StoredTensor* before = base_->Find(tensor.name).value_or(nullptr);
    if (before == nullptr || before->shape == tensor.shape) continue;
    const StoredTensor* head = Resolve("lm_head", "weight");
    if (head != nullptr && head->shape != tensor.shape) {
      return DoesNotFit(tensor, base_->path(),
                        absl::StrCat("has ", tensor.shape[0], " tokens and the head ",
                                     head->shape[0], ", other than both"));
    }
    config_["vocab_size"] = tensor.shape[0];
  }
  return absl::OkStatus();
}

absl::Status AdapterCheckpoint::AddChange(const std::string& module, const LoraModule& parts) {
  const StoredTensor* weight = Resolve(module, "weight");
  if (weight == nullptr) {
    return DoesNotFit(*parts.a, base_->path(),
                      absl::StrCat("is for \"", module, ".weight\", which is no tensor"));
  }
  LoraChange change = {.a = parts.a,
                       .b = parts.b,
                       .magnitude = parts.magnitude,
                       .transposed = parts.is_embedding || StoresColumns(*weight),
                       .scale = static_cast<float>(adapter_->config().ScaleOf(module))};
  std::vector<int64_t> shape = {parts.b->shape[0], parts.a->shape[1]};
  if (change.transposed) std::reverse(shape.begin(), shape.end());
  if (weight->shape != shape) {
    return DoesNotFit(*parts.a, base_->path(),
                      absl::StrCat("is for a matrix of ", ShapeText(shape), ", and \"",
                                   weight->name, "\" has ", ShapeText(weight->shape), ","));
  }
  if (change.magnitude != nullptr) {
    if (change.transposed) {
      return absl::UnimplementedError(absl::StrCat(
          change.magnitude->file, ": tensor \"", change.magnitude->name,
          "\": DoRA is supported for linear layers alone, not for embeddings and Conv1D; merge the "
          "adapter into its base with peft"));
    }
    if (change.magnitude->shape != std::vector<int64_t>{parts.b->shape[0]}) {
      return DoesNotFit(*change.magnitude, base_->path(), "has not one value for each row");
    }
  }
  changes_[weight->name] = change;
  if (parts.bias == nullptr) return absl::OkStatus();
  const StoredTensor* bias = Resolve(module, "bias");
  if (bias == nullptr || bias->shape != parts.bias->shape) {
    return DoesNotFit(*parts.bias, base_->path(), "changes a bias that is none or another");
  }
  changes_[bias->name] = {.bias = parts.bias, .scale = change.scale};
  return absl::OkStatus();
}

absl::Status AdapterCheckpoint::CheckIntegrity() const {
  ASSAY_RETURN_IF_ERROR(adapter_->weights().CheckIntegrity());
  return base_->CheckIntegrity();
}

void AdapterCheckpoint::ReleaseMemory() const {
  base_->ReleaseMemory();
  adapter_->weights().ReleaseMemory();
}

absl::StatusOr<std::string> AdapterCheckpoint::Digest() const {
  ASSAY_ASSIGN_OR_RETURN(const std::string base, base_->Digest());
  Sha256 digest;
  for (const absl::string_view part : {absl::string_view("peft"), absl::string_view(base),
                                       adapter_->settings(), adapter_->weights().bytes()}) {
    digest.Update(absl::StrCat(part.size(), ":"));
    digest.Update(part);
  }
  return digest.Finish();
}

const GgufFile* AdapterCheckpoint::gguf() const {
  return HasTokenizer(path()) ? nullptr : base_->gguf();
}

const std::string& AdapterCheckpoint::tokenizer_folder() const {
  return HasTokenizer(path()) ? path() : base_->tokenizer_folder();
}

absl::Status AdapterCheckpoint::ReadRows(const StoredTensor& tensor, int64_t begin, int64_t end,
                                         float* out) const {
  ASSAY_RETURN_IF_ERROR(Checkpoint::ReadRows(tensor, begin, end, out));
  const auto found = changes_.find(tensor.name);
  if (found == changes_.end()) return absl::OkStatus();
  return found->second.Apply(*base_, begin, end, out);
}

std::optional<FourBitWeights> AdapterCheckpoint::ReadFourBits(const StoredTensor& tensor) const {
  if (changes_.contains(tensor.name)) return std::nullopt;
  return Checkpoint::ReadFourBits(tensor);
}

}  // namespace assay
