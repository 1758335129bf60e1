#include "client/registry/model_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/file.h"
#include "common/huggingface/hub_cache.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostIndexBytes = int64_t{64} << 20;
constexpr int64_t kMostPointerBytes = 1024;
constexpr absl::string_view kPointerStart = "version https://git-lfs.github.com/spec/";

bool IsPointer(const fs::path& path, int64_t bytes) {
  if (bytes > kMostPointerBytes) return false;
  std::string start(kPointerStart.size(), '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  return stream && start == kPointerStart;
}

class Folder {
 public:
  explicit Folder(const std::string& path) : path_(path) {
    std::error_code error;
    for (fs::directory_iterator entry(path_, error), end; !error && entry != end;
         entry.increment(error)) {
      Look(*entry);
    }
    std::sort(files_.there.begin(), files_.there.end(),
              [](const ModelFile& a, const ModelFile& b) { return a.name < b.name; });
  }

  ModelFiles Check() {
    if (names_.contains("adapter_config.json")) {
      if (!AnyEnds("", {"adapter_model.safetensors", "adapter_model.bin"})) {
        Miss("adapter_model.safetensors", "the adapter's weights, or adapter_model.bin");
      }
      return std::move(files_);
    }
    // RWKV's own files say themselves what they are.
    if (!AnyEnds("", {".pth"})) Miss("config.json", "what the model is made of");
    CheckWeights();
    CheckTokenizer();
    return std::move(files_);
  }

 private:
  void Look(const fs::directory_entry& entry) {
    std::error_code error;
    const std::string name = entry.path().filename().string();
    const fs::file_status status = entry.status(error);
    if (!fs::exists(status)) {
      Miss(name, "a link to what is not there");
    } else if (fs::is_regular_file(status)) {
      const auto bytes = static_cast<int64_t>(entry.file_size(error));
      if (!error && IsPointer(entry.path(), bytes)) {
        Miss(name, "a Git LFS pointer to the file, not the file itself");
      } else {
        names_.insert(name);
        files_.there.push_back({name, bytes});
      }
    }
  }

  bool Has(const std::string& name) const { return names_.contains(name); }

  // There, or told of as missing already.
  bool IsTold(const std::string& name) const {
    return Has(name) || std::any_of(files_.missing.begin(), files_.missing.end(),
                                    [&](const MissingFile& file) { return file.name == name; });
  }

  void Miss(const std::string& name, const std::string& why) {
    if (!IsTold(name)) files_.missing.push_back({name, why});
  }

  // Whether a file, there or told of, begins and ends so.
  bool AnyEnds(absl::string_view start, const std::vector<absl::string_view>& ends) const {
    const auto matches = [&](const std::string& name) {
      return absl::StartsWith(name, start) &&
             std::any_of(ends.begin(), ends.end(),
                         [&](absl::string_view end) { return absl::EndsWith(name, end); });
    };
    return std::any_of(names_.begin(), names_.end(), matches) ||
           std::any_of(files_.missing.begin(), files_.missing.end(),
                       [&](const MissingFile& file) { return matches(file.name); });
  }

  void CheckWeights() {
    const bool safetensors = AnyEnds("", {".safetensors"});
    // An index without any of its files is of no use where there are weights in another form.
    const bool pickles = AnyEnds("pytorch_model", {".bin"}) || AnyEnds("", {".pth", ".pt"});
    if (IsTold("model.safetensors")) return;
    if (Has("model.safetensors.index.json") && (safetensors || !pickles)) {
      CheckIndex("model.safetensors.index.json");
    } else if (!safetensors && Has("pytorch_model.bin.index.json")) {
      CheckIndex("pytorch_model.bin.index.json");
    } else if (!safetensors && !pickles) {
      Miss("*.safetensors", "the weights; where there are none in this form, *.bin");
    }
  }

  void CheckIndex(const std::string& name) {
    std::error_code error;
    const fs::path path = path_ / name;
    if (fs::file_size(path, error) > kMostIndexBytes || error) return;
    const absl::StatusOr<std::string> text = ReadFile(path.string());
    if (!text.ok()) return;
    const auto index = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
    if (!index.is_object() || !index.contains("weight_map")) return;
    const nlohmann::json& weights = index["weight_map"];
    if (!weights.is_object()) return;
    std::set<std::string> shards;
    for (const auto& file : weights) {
      if (file.is_string()) shards.insert(file.get<std::string>());
    }
    for (const std::string& shard : shards) {
      if (shard.find('/') == std::string::npos) Miss(shard, absl::StrCat("named by ", name));
    }
  }

  void CheckTokenizer() {
    if (AnyEnds("", {"tokenizer.json", ".model", ".tiktoken"}) || AnyEnds("rwkv_vocab", {".txt"})) {
      return;
    }
    if (!AnyEnds("", {"vocab.json"})) {
      Miss("*token*", "the tokenizer: tokenizer.json, tokenizer.model or the like");
    } else if (!AnyEnds("", {"merges.txt"})) {
      Miss("merges.txt", "the tokenizer's other file, beside vocab.json");
    }
  }

  fs::path path_;
  std::set<std::string> names_;
  ModelFiles files_;
};

// For a shell. Names come from files that nobody has checked.
std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

}  // namespace

ModelFiles CheckModelFiles(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return Folder(path).Check();
  ModelFiles files;
  const std::string name = fs::path(path).filename().string();
  const auto bytes = static_cast<int64_t>(fs::file_size(path, error));
  if (error) {
    files.missing.push_back({name, "it cannot be read"});
  } else if (IsPointer(path, bytes)) {
    files.missing.push_back({name, "a Git LFS pointer to the file, not the file itself"});
  } else {
    files.there.push_back({name, bytes});
  }
  return files;
}

std::vector<MissingFile> WholeModel() {
  return {{"*.json", "config.json, tokenizer.json and indices"},
          {"*.safetensors", "the weights; where there are none in this form, *.bin"},
          {"*.model", "SentencePiece's tokenizer, where there is one"},
          {"*.tiktoken", "tiktoken's"},
          {"*.txt", "merges or a vocabulary, where there are some"},
          {"*.jinja", "a chat template in a file of its own"}};
}

std::string DownloadAdvice(absl::string_view id, const std::string& folder,
                           const std::vector<MissingFile>& missing) {
  const std::string known(id.empty() ? absl::string_view("ORG/NAME") : id);
  std::string where;
  if (!HubIdOfSnapshot(folder).empty()) {
    where = absl::StrCat(" --revision ", fs::path(folder).lexically_normal().filename().string());
  } else if (!folder.empty()) {
    where = absl::StrCat(" --local-dir ", Quoted(folder));
  }
  std::string together = absl::StrCat("  huggingface-cli download ", known, where, " --include");
  std::string apart = absl::StrCat("  hf download ", known, where);
  for (const MissingFile& file : missing) {
    absl::StrAppend(&together, " ", Quoted(file.name));
    absl::StrAppend(&apart, " --include ", Quoted(file.name));
  }
  return absl::StrCat("get them with\n", together,
                      "\nor, from version 1.0 of huggingface_hub on,\n", apart,
                      "\nA model whose terms must be accepted first wants that on its page, and "
                      "`huggingface-cli login` (`hf auth login`) here.");
}

}  // namespace assay
