#include "worker/tokenizer/tokenizer_config.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using Json = nlohmann::json;

absl::Status WrongField(const std::string& path, absl::string_view field, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": \"", field, "\" must be ", want));
}

// A token is written as its text, or as an object with it.
absl::StatusOr<std::string> TokenText(const std::string& path, const Json& config,
                                      const char* field) {
  const auto found = config.find(field);
  if (found == config.end() || found->is_null()) return std::string();
  const Json* text = &*found;
  if (found->is_object()) {
    const auto content = found->find("content");
    if (content != found->end()) text = &*content;
  }
  if (!text->is_string()) return WrongField(path, field, "a text or an object with \"content\"");
  return text->get<std::string>();
}

absl::StatusOr<std::string> ChatTemplate(const std::string& path, const Json& config) {
  const auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return std::string();
  if (found->is_string()) return found->get<std::string>();
  constexpr absl::string_view kWant = "a text or a list of objects with \"name\" and \"template\"";
  if (!found->is_array()) return WrongField(path, "chat_template", kWant);
  for (const Json& entry : *found) {
    if (!entry.is_object() || !entry.contains("name") || !entry.contains("template") ||
        !entry["name"].is_string() || !entry["template"].is_string()) {
      return WrongField(path, "chat_template", kWant);
    }
    if (entry["name"] == "default") return entry["template"].get<std::string>();
  }
  return std::string();
}

}  // namespace

absl::StatusOr<TokenizerConfig> ReadTokenizerConfig(const std::string& directory) {
  const std::filesystem::path folder(directory);
  std::error_code ignored;
  TokenizerConfig result;

  const std::string path = (folder / "tokenizer_config.json").string();
  if (std::filesystem::exists(path, ignored)) {
    ASSAY_ASSIGN_OR_RETURN(std::string content, ReadFile(path));
    const Json config = Json::parse(content, /*cb=*/nullptr, /*allow_exceptions=*/false);
    if (!config.is_object()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": not a JSON object"));
    }
    SpecialTokens& tokens = result.special_tokens;
    ASSAY_ASSIGN_OR_RETURN(tokens.bos, TokenText(path, config, "bos_token"));
    ASSAY_ASSIGN_OR_RETURN(tokens.eos, TokenText(path, config, "eos_token"));
    ASSAY_ASSIGN_OR_RETURN(tokens.unk, TokenText(path, config, "unk_token"));
    ASSAY_ASSIGN_OR_RETURN(tokens.pad, TokenText(path, config, "pad_token"));
    ASSAY_ASSIGN_OR_RETURN(result.chat_template, ChatTemplate(path, config));
  }

  const std::string jinja = (folder / "chat_template.jinja").string();
  if (std::filesystem::exists(jinja, ignored)) {
    ASSAY_ASSIGN_OR_RETURN(result.chat_template, ReadFile(jinja));
  }
  return result;
}

}  // namespace assay
