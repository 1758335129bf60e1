#include "worker/tokenizer/folder_tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/built_tokenizer.h"
#include "worker/tokenizer/byte_level_files.h"
#include "worker/tokenizer/json_codec.h"
#include "worker/tokenizer/rwkv_vocabulary.h"
#include "worker/tokenizer/sentencepiece_model.h"
#include "worker/tokenizer/sentencepiece_tokenizer.h"
#include "worker/tokenizer/tiktoken_file.h"
#include "worker/tokenizer/tokenizer_config.h"
#include "worker/tokenizer/tokenizer_settings.h"

namespace assay {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{256} << 20;
constexpr char kVocabulary[] = "vocab.json";
constexpr char kMerges[] = "merges.txt";
constexpr const char* kJsonFiles[] = {"tokenizer.json", "20B_tokenizer.json"};
constexpr const char* kModelFiles[] = {"spiece.model", "tokenizer.model", "ice_text.model",
                                       "qwen.tiktoken"};
constexpr char kRwkvFile[] = "rwkv_vocab_v20230424.txt";

absl::Status WithPath(absl::string_view path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

class Folder {
 public:
  explicit Folder(std::string directory) : directory_(std::move(directory)) {}

  std::string Path(const char* name) const {
    return (std::filesystem::path(directory_) / name).string();
  }
  bool Has(const char* name) const {
    std::error_code ignored;
    return std::filesystem::exists(Path(name), ignored);
  }
  absl::StatusOr<std::string> Read(const char* name) const {
    std::error_code error;
    const uint64_t size = std::filesystem::file_size(Path(name), error);
    if (!error && size > kMaxFileBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat(Path(name), ": ", size, " bytes are too many for a tokenizer"));
    }
    return ReadFile(Path(name));
  }
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
};

absl::StatusOr<BuiltTokenizer> BuildFromModelFile(const Folder& folder, const char* name,
                                                  const TokenizerSettings& settings) {
  ASSAY_ASSIGN_OR_RETURN(const std::string content, folder.Read(name));
  const std::string path = folder.Path(name);
  if (LooksLikeTiktoken(content)) return BuildTiktokenTokenizer(path, content, settings);
  ASSAY_ASSIGN_OR_RETURN(const SentencePieceModel model, ParseSentencePieceModel(path, content));
  return BuildSentencePieceTokenizer(path, model, settings);
}

// Nullopt: there are no such files.
absl::StatusOr<std::optional<BuiltTokenizer>> BuildFromFiles(const Folder& folder) {
  std::optional<BuiltTokenizer> result;
  if (folder.Has(kVocabulary) && folder.Has(kMerges)) {
    ASSAY_ASSIGN_OR_RETURN(const TokenizerSettings settings,
                           ReadTokenizerSettings(folder.directory()));
    ASSAY_ASSIGN_OR_RETURN(const std::string vocabulary, folder.Read(kVocabulary));
    ASSAY_ASSIGN_OR_RETURN(const std::string merges, folder.Read(kMerges));
    ASSAY_ASSIGN_OR_RETURN(result, BuildByteLevelTokenizer(folder.Path(kVocabulary), vocabulary,
                                                           folder.Path(kMerges), merges, settings));
    return result;
  }
  for (const char* name : kModelFiles) {
    if (!folder.Has(name)) continue;
    ASSAY_ASSIGN_OR_RETURN(const TokenizerSettings settings,
                           ReadTokenizerSettings(folder.directory()));
    ASSAY_ASSIGN_OR_RETURN(result, BuildFromModelFile(folder, name, settings));
    return result;
  }
  return result;
}

absl::Status NoTokenizer(const Folder& folder) {
  return absl::NotFoundError(absl::StrCat(folder.directory(), ": no tokenizer is there: none of ",
                                          absl::StrJoin(kJsonFiles, ", "), ", ", kVocabulary,
                                          " with ", kMerges, ", ", absl::StrJoin(kModelFiles, ", "),
                                          ", ", kRwkvFile));
}

}  // namespace

absl::StatusOr<FolderTokenizer> OpenFolderTokenizer(const std::string& directory) {
  const Folder folder(directory);
  FolderTokenizer result;
  const auto open = [&](const std::string& path, absl::string_view json,
                        std::vector<int32_t> silent_ids) -> absl::Status {
    absl::StatusOr<std::unique_ptr<TokenCodec>> codec =
        OpenTokenizerJson(json, std::move(silent_ids));
    if (!codec.ok()) return WithPath(path, codec.status());
    result.codec = *std::move(codec);
    return absl::OkStatus();
  };
  for (const char* name : kJsonFiles) {
    if (result.codec != nullptr || !folder.Has(name)) continue;
    ASSAY_ASSIGN_OR_RETURN(const std::string json, folder.Read(name));
    ASSAY_RETURN_IF_ERROR(open(folder.Path(name), json, {}));
  }
  const bool whole = result.codec != nullptr;
  if (!whole) {
    ASSAY_ASSIGN_OR_RETURN(std::optional<BuiltTokenizer> built, BuildFromFiles(folder));
    if (built.has_value()) {
      ASSAY_RETURN_IF_ERROR(open(directory, built->json, std::move(built->silent_ids)));
      result.special_tokens = std::move(built->special);
    } else if (folder.Has(kRwkvFile)) {
      ASSAY_ASSIGN_OR_RETURN(const std::string content, folder.Read(kRwkvFile));
      ASSAY_ASSIGN_OR_RETURN(result.codec, OpenRwkvVocabulary(folder.Path(kRwkvFile), content));
      result.special_tokens.eos = std::string(kRwkvEndToken);
    } else {
      return NoTokenizer(folder);
    }
  }
  ASSAY_ASSIGN_OR_RETURN(TokenizerConfig config, ReadTokenizerConfig(directory));
  result.chat_template = std::move(config.chat_template);
  if (whole) result.special_tokens = std::move(config.special_tokens);
  return result;
}

}  // namespace assay
