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

absl::StatusOr<Json> ReadObject(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  Json json = Json::parse(content, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a JSON object"));
  }
  return json;
}

// What the file does not mention stays as it is.
absl::Status ReadTokens(const std::string& path, const Json& json, SpecialTokens& tokens) {
  for (const auto& [field, text] : {std::pair<const char*, std::string*>{"bos_token", &tokens.bos},
                                    {"eos_token", &tokens.eos},
                                    {"unk_token", &tokens.unk},
                                    {"pad_token", &tokens.pad}}) {
    if (!json.contains(field)) continue;
    ASSAY_ASSIGN_OR_RETURN(*text, TokenText(path, json, field));
  }
  return absl::OkStatus();
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

  bool whole = false;  // added_tokens_decoder stands for special_tokens_map.json as well
  const std::string path = (folder / "tokenizer_config.json").string();
  if (std::filesystem::exists(path, ignored)) {
    ASSAY_ASSIGN_OR_RETURN(const Json config, ReadObject(path));
    ASSAY_RETURN_IF_ERROR(ReadTokens(path, config, result.special_tokens));
    ASSAY_ASSIGN_OR_RETURN(result.chat_template, ChatTemplate(path, config));
    whole = config.contains("added_tokens_decoder");
  }
  const std::string map_path = (folder / "special_tokens_map.json").string();
  if (!whole && std::filesystem::exists(map_path, ignored)) {
    ASSAY_ASSIGN_OR_RETURN(const Json map, ReadObject(map_path));
    ASSAY_RETURN_IF_ERROR(ReadTokens(map_path, map, result.special_tokens));
  }

  const std::string jinja = (folder / "chat_template.jinja").string();
  if (std::filesystem::exists(jinja, ignored)) {
    ASSAY_ASSIGN_OR_RETURN(result.chat_template, ReadFile(jinja));
  }
  return result;
}

}  // namespace assay
