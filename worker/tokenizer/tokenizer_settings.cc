#include "worker/tokenizer/tokenizer_settings.h"

#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr char kConfigFile[] = "tokenizer_config.json";
constexpr char kMapFile[] = "special_tokens_map.json";
constexpr char kAddedFile[] = "added_tokens.json";
constexpr char kModelFile[] = "config.json";
constexpr char kAdditional[] = "additional_special_tokens";
constexpr absl::string_view kWantToken =
    "a text, or an object with \"content\" and flags that are true or false";
constexpr int64_t kMaxCount = 1 << 20;

absl::Status WrongField(const std::string& path, absl::string_view field, absl::string_view want) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": \"", field, "\" must be ", want));
}

// An empty object where there is no such file.
absl::StatusOr<Json> ParseObject(const std::string& path,
                                 const std::optional<std::string>& content) {
  if (!content.has_value()) return Json::object();
  Json json = Json::parse(*content, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a JSON object"));
  }
  return json;
}

absl::Status ReadIfThere(const std::string& path, std::optional<std::string>& content) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(content, ReadFile(path));
  return absl::OkStatus();
}

class FieldReader {
 public:
  FieldReader(const Json& json, std::string path) : json_(json), path_(std::move(path)) {}

  // Null where it is absent or null.
  const Json* Find(const char* field) const {
    const auto found = json_.find(field);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  absl::Status Text(const char* field, std::string& out) const {
    const Json* value = Find(field);
    if (value == nullptr) return absl::OkStatus();
    if (!value->is_string()) return WrongField(path_, field, "a text");
    out = value->get<std::string>();
    return absl::OkStatus();
  }

  absl::Status Bool(const char* field, std::optional<bool>& out) const {
    const Json* value = Find(field);
    if (value == nullptr) return absl::OkStatus();
    if (!value->is_boolean()) return WrongField(path_, field, "true or false");
    out = value->get<bool>();
    return absl::OkStatus();
  }

  absl::Status Count(const char* field, int64_t limit, std::optional<int64_t>& out) const {
    const Json* value = Find(field);
    if (value == nullptr) return absl::OkStatus();
    if (!value->is_number_unsigned() || value->get<uint64_t>() > static_cast<uint64_t>(limit)) {
      return WrongField(path_, field, absl::StrCat("a whole number from 0 to ", limit));
    }
    out = value->get<int64_t>();
    return absl::OkStatus();
  }

  absl::StatusOr<NamedToken> Token(const char* field, const Json& value) const {
    NamedToken result;
    if (value.is_string()) {
      result.token.content = value.get<std::string>();
      result.text_only = true;
      return result;
    }
    if (!value.is_object() || !value.contains("content") || !value["content"].is_string()) {
      return WrongField(path_, field, kWantToken);
    }
    AddedToken& token = result.token;
    token.content = value["content"].get<std::string>();
    const auto flag = [&](const char* name, bool& out) {
      const auto found = value.find(name);
      if (found == value.end()) return true;
      if (found->is_boolean()) out = found->get<bool>();
      return found->is_boolean();
    };
    bool fine = flag("special", token.special);
    token.normalized = !token.special;
    fine = flag("normalized", token.normalized) && fine;
    fine = flag("single_word", token.single_word) && fine;
    fine = flag("lstrip", token.lstrip) && fine;
    fine = flag("rstrip", token.rstrip) && fine;
    if (!fine) return WrongField(path_, field, kWantToken);
    return result;
  }

  absl::Status Roles(bool special, TokenizerSettings& settings) const {
    for (const char* role : kTokenRoles) {
      const auto found = json_.find(role);
      if (found == json_.end()) continue;
      std::optional<NamedToken>& token = settings.roles[role];
      token.reset();
      if (found->is_null()) continue;
      ASSAY_ASSIGN_OR_RETURN(token, Token(role, *found));
      if (special && !token->text_only) token->token.special = true;
    }
    const Json* list = Find(kAdditional);
    if (list == nullptr) return absl::OkStatus();
    if (!list->is_array()) return WrongField(path_, kAdditional, "a list of tokens");
    absl::flat_hash_set<std::string> known;
    for (const NamedToken& token : settings.additional) known.insert(token.token.content);
    for (const Json& entry : *list) {
      ASSAY_ASSIGN_OR_RETURN(NamedToken token, Token(kAdditional, entry));
      if (special && !token.text_only) token.token.special = true;
      if (known.insert(token.token.content).second) settings.additional.push_back(std::move(token));
    }
    return absl::OkStatus();
  }

  absl::Status Added(TokenizerSettings& settings) const {
    const Json* list = Find("added_tokens_decoder");
    if (list == nullptr) return absl::OkStatus();
    if (!list->is_object()) {
      return WrongField(path_, "added_tokens_decoder", "an object from ids to tokens");
    }
    for (auto entry = list->begin(); entry != list->end(); ++entry) {
      const std::string field = absl::StrCat("added_tokens_decoder.", entry.key());
      int32_t id = 0;
      if (!absl::SimpleAtoi(entry.key(), &id) || id < 0 || !entry->is_object()) {
        return WrongField(path_, field, "an id with a token");
      }
      ASSAY_ASSIGN_OR_RETURN(NamedToken token, Token(field.c_str(), *entry));
      settings.added[id] = std::move(token.token);
    }
    return absl::OkStatus();
  }

 private:
  const Json& json_;
  std::string path_;
};

// The file of older releases, from texts to ids.
absl::Status ReadAddedTokens(const std::string& path, const Json& json,
                             TokenizerSettings& settings) {
  absl::flat_hash_set<std::string> specials;
  for (const auto& [role, token] : settings.roles) {
    if (token.has_value()) specials.insert(token->token.content);
  }
  for (const NamedToken& token : settings.additional) specials.insert(token.token.content);
  for (auto entry = json.begin(); entry != json.end(); ++entry) {
    if (!entry->is_number_unsigned() ||
        entry->get<uint64_t>() >= static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
      return WrongField(path, entry.key(), "a token's id");
    }
    const bool special = specials.contains(entry.key());
    settings.added[entry->get<int32_t>()] = {
        .content = entry.key(), .normalized = !special, .special = special};
  }
  return absl::OkStatus();
}

// Where a role's token is an added token too, that one's flags hold.
void TakeFlagsOfAddedTokens(TokenizerSettings& settings) {
  for (auto& [role, named] : settings.roles) {
    if (!named.has_value()) continue;
    for (const auto& [id, token] : settings.added) {
      if (token.content == named->token.content) named = NamedToken{.token = token};
    }
  }
}

}  // namespace

absl::StatusOr<TokenizerSettings> ParseTokenizerSettings(const std::string& directory,
                                                         const SettingsFiles& files) {
  const std::filesystem::path folder(directory);
  TokenizerSettings settings;

  const std::string path = (folder / kConfigFile).string();
  ASSAY_ASSIGN_OR_RETURN(const Json json, ParseObject(path, files.tokenizer_config));
  const FieldReader config(json, path);
  ASSAY_RETURN_IF_ERROR(config.Text("tokenizer_class", settings.class_name));
  ASSAY_RETURN_IF_ERROR(config.Bool("add_bos_token", settings.add_bos));
  ASSAY_RETURN_IF_ERROR(config.Bool("add_eos_token", settings.add_eos));
  ASSAY_RETURN_IF_ERROR(config.Bool("add_prefix_space", settings.add_prefix_space));
  ASSAY_RETURN_IF_ERROR(config.Count("extra_ids", kMaxCount, settings.extra_ids));
  ASSAY_RETURN_IF_ERROR(config.Count("num_image_tokens", kMaxCount, settings.image_tokens));
  std::optional<bool> legacy;
  ASSAY_RETURN_IF_ERROR(config.Bool("legacy", legacy));
  settings.legacy = legacy.value_or(true);
  ASSAY_RETURN_IF_ERROR(config.Roles(/*special=*/false, settings));
  if (config.Find("added_tokens_decoder") != nullptr) {
    ASSAY_RETURN_IF_ERROR(config.Added(settings));
    settings.added_file = path;
  } else {
    const std::string map_path = (folder / kMapFile).string();
    ASSAY_ASSIGN_OR_RETURN(const Json map, ParseObject(map_path, files.special_tokens_map));
    ASSAY_RETURN_IF_ERROR(FieldReader(map, map_path).Roles(/*special=*/true, settings));
    settings.added_file = (folder / kAddedFile).string();
    ASSAY_ASSIGN_OR_RETURN(const Json added, ParseObject(settings.added_file, files.added_tokens));
    ASSAY_RETURN_IF_ERROR(ReadAddedTokens(settings.added_file, added, settings));
  }
  TakeFlagsOfAddedTokens(settings);

  const std::string model_path = (folder / kModelFile).string();
  ASSAY_ASSIGN_OR_RETURN(const Json model, ParseObject(model_path, files.config));
  const FieldReader model_config(model, model_path);
  ASSAY_RETURN_IF_ERROR(model_config.Text("model_type", settings.model_type));
  if (settings.class_name.empty()) {
    ASSAY_RETURN_IF_ERROR(model_config.Text("tokenizer_class", settings.class_name));
  }
  settings.class_name = std::string(absl::StripSuffix(settings.class_name, "Fast"));
  ASSAY_RETURN_IF_ERROR(
      model_config.Count("vocab_size", std::numeric_limits<int32_t>::max(), settings.rows));
  return settings;
}

absl::StatusOr<TokenizerSettings> ReadTokenizerSettings(const std::string& directory) {
  const std::filesystem::path folder(directory);
  SettingsFiles files;
  ASSAY_RETURN_IF_ERROR(ReadIfThere((folder / kConfigFile).string(), files.tokenizer_config));
  ASSAY_RETURN_IF_ERROR(ReadIfThere((folder / kMapFile).string(), files.special_tokens_map));
  ASSAY_RETURN_IF_ERROR(ReadIfThere((folder / kAddedFile).string(), files.added_tokens));
  ASSAY_RETURN_IF_ERROR(ReadIfThere((folder / kModelFile).string(), files.config));
  return ParseTokenizerSettings(directory, files);
}

}  // namespace assay
