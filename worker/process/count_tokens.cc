#include "worker/process/count_tokens.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/tokenizer.h"
#include "worker/weights/checkpoint.h"

namespace assay {
namespace {

absl::StatusOr<std::unique_ptr<Tokenizer>> OpenTokenizer(const std::string& path,
                                                         const std::string& base_path) {
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<Checkpoint> checkpoint,
                         Checkpoint::Open(path, base_path));
  if (checkpoint->gguf() != nullptr) return Tokenizer::FromGguf(*checkpoint->gguf());
  return Tokenizer::FromFolder(checkpoint->tokenizer_folder());
}

absl::StatusOr<std::string> Count(const std::string& path, const std::string& base_path,
                                  const std::string& texts) {
  ASSAY_ASSIGN_OR_RETURN(const std::string file, ReadFile(texts));
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array())
    return absl::InvalidArgumentError(absl::StrCat(texts, ": is no JSON array"));
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<Tokenizer> tokenizer,
                         OpenTokenizer(path, base_path));
  nlohmann::json counts = nlohmann::json::array();
  for (const auto& text : json) {
    if (!text.is_string()) {
      return absl::InvalidArgumentError(absl::StrCat(texts, ": has a member that is no text"));
    }
    ASSAY_ASSIGN_OR_RETURN(const std::vector<int32_t> ids,
                           tokenizer->Encode(text.get_ref<const std::string&>(), true));
    counts.push_back(ids.size());
  }
  return counts.dump();
}

}  // namespace

int CountTokens(const std::string& path, const std::string& base_path, const std::string& texts) {
  const absl::StatusOr<std::string> counts = Count(path, base_path, texts);
  if (!counts.ok()) {
    std::fprintf(stderr, "assay-worker: %s\n", std::string(counts.status().message()).c_str());
    return 1;
  }
  std::printf("%s\n", counts->c_str());
  return 0;
}

}  // namespace assay
