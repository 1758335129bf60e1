#include "worker/weights/lora_config.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/weights/json_object.h"

namespace assay {
namespace {

// In the file's order, which decides between patterns.
using nlohmann::ordered_json;

constexpr int64_t kMostRank = 1 << 16;
constexpr double kMostAlpha = 1e9;

// Read below, or without a bearing on what a trained adapter computes.
constexpr const char* kKnown[] = {"alora_invocation_tokens",
                                  "alpha_pattern",
                                  "auto_mapping",
                                  "base_model_name_or_path",
                                  "bias",
                                  "corda_config",
                                  "ensure_weight_tying",
                                  "eva_config",
                                  "exclude_modules",
                                  "fan_in_fan_out",
                                  "inference_mode",
                                  "init_lora_weights",
                                  "layers_pattern",
                                  "layers_to_transform",
                                  "loftq_config",
                                  "lora_alpha",
                                  "lora_bias",
                                  "lora_dropout",
                                  "lora_ga_config",
                                  "megatron_core",
                                  "merge_weights",
                                  "modules_to_save",
                                  "peft_type",
                                  "peft_version",
                                  "qalora_group_size",
                                  "r",
                                  "rank_pattern",
                                  "revision",
                                  "runtime_config",
                                  "target_modules",
                                  "task_type",
                                  "use_dora",
                                  "use_rslora"};

template <typename... Parts>
absl::Status FieldError(const std::string& where, absl::string_view field, const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": field \"", field, "\" ", parts...));
}

const ordered_json* Find(const ordered_json& object, const char* field) {
  const auto found = object.find(field);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

absl::Status Read(const std::string& where, const ordered_json& object, const char* field,
                  bool* value) {
  const ordered_json* found = Find(object, field);
  if (found == nullptr) return absl::OkStatus();
  if (!found->is_boolean()) return FieldError(where, field, "is not true or false");
  *value = found->get<bool>();
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadText(const std::string& where, const ordered_json& object,
                                     const char* field, const std::string& otherwise) {
  const ordered_json* found = Find(object, field);
  if (found == nullptr) return otherwise;
  if (!found->is_string()) return FieldError(where, field, "is not a text");
  return found->get<std::string>();
}

absl::Status ReadRank(const std::string& where, const char* field, const ordered_json& value,
                      int64_t* rank) {
  if (value.is_number_integer()) *rank = value.get<int64_t>();
  if (value.is_number_integer() && *rank >= 1 && *rank <= kMostRank) return absl::OkStatus();
  return FieldError(where, field, "is not a whole number from 1 to ", kMostRank);
}

absl::Status ReadAlpha(const std::string& where, const char* field, const ordered_json& value,
                       double* alpha) {
  if (value.is_number()) *alpha = value.get<double>();
  if (value.is_number() && std::abs(*alpha) <= kMostAlpha) return absl::OkStatus();
  return FieldError(where, field, "is not a number up to ", kMostAlpha);
}

absl::Status CheckPattern(const std::string& where, const char* field, const std::string& pattern) {
  const RE2 compiled(pattern, RE2::Quiet);
  if (compiled.ok()) return absl::OkStatus();
  return FieldError(where, field, "has the pattern \"", pattern.substr(0, 200),
                    "\", which cannot be read: ", compiled.error());
}

absl::StatusOr<std::vector<std::string>> ReadTexts(const std::string& where,
                                                   const ordered_json& object, const char* field) {
  std::vector<std::string> texts;
  const ordered_json* found = Find(object, field);
  if (found == nullptr) return texts;
  const ordered_json list = found->is_string() ? ordered_json::array({*found}) : *found;
  if (!list.is_array()) return FieldError(where, field, "is not a list of texts");
  for (const ordered_json& element : list) {
    if (!element.is_string()) return FieldError(where, field, "is not a list of texts");
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

absl::Status ReadSelection(const std::string& where, const ordered_json& object, const char* field,
                           ModuleSelection* selection) {
  const ordered_json* found = Find(object, field);
  if (found != nullptr && found->is_string()) {
    selection->pattern = found->get<std::string>();
    return CheckPattern(where, field, selection->pattern);
  }
  ASSAY_ASSIGN_OR_RETURN(selection->names, ReadTexts(where, object, field));
  return absl::OkStatus();
}

absl::Status ReadLayers(const std::string& where, const ordered_json& object, LoraConfig* config) {
  constexpr char kField[] = "layers_to_transform";
  const ordered_json* found = Find(object, kField);
  if (found != nullptr) {
    const ordered_json list = found->is_array() ? *found : ordered_json::array({*found});
    for (const ordered_json& layer : list) {
      if (!layer.is_number_integer()) return FieldError(where, kField, "is not a list of numbers");
      config->layers.push_back(layer.get<int64_t>());
    }
  }
  ASSAY_ASSIGN_OR_RETURN(config->layer_patterns, ReadTexts(where, object, "layers_pattern"));
  for (const std::string& pattern : config->layer_patterns) {
    ASSAY_RETURN_IF_ERROR(CheckPattern(where, "layers_pattern", pattern));
  }
  return absl::OkStatus();
}

template <typename Value, typename ReadValue>
absl::Status ReadPatterns(const std::string& where, const ordered_json& object, const char* field,
                          const ReadValue& read,
                          std::vector<std::pair<std::string, Value>>* patterns) {
  const ordered_json* found = Find(object, field);
  if (found == nullptr) return absl::OkStatus();
  if (!found->is_object()) return FieldError(where, field, "is not an object");
  for (auto item = found->begin(); item != found->end(); ++item) {
    ASSAY_RETURN_IF_ERROR(CheckPattern(where, field, item.key()));
    Value value = 0;
    ASSAY_RETURN_IF_ERROR(read(where, field, item.value(), &value));
    patterns->emplace_back(item.key(), value);
  }
  return absl::OkStatus();
}

bool IsFalse(const ordered_json& value) {
  return value.is_null() || (value.is_boolean() && !value.get<bool>()) ||
         (value.is_structured() && value.empty()) ||
         (value.is_string() && value.get_ref<const std::string&>().empty());
}

// What would be computed in another way than here.
absl::Status CheckKind(const std::string& where, const ordered_json& object) {
  ASSAY_ASSIGN_OR_RETURN(const std::string kind, ReadText(where, object, "peft_type", ""));
  if (kind != "LORA") {
    return absl::UnimplementedError(absl::StrCat(
        where, ": field \"peft_type\" is \"", kind,
        "\": only adapters of type LORA are read; merge others into their base with peft"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string task, ReadText(where, object, "task_type", "CAUSAL_LM"));
  if (task != "CAUSAL_LM" && task != "SEQ_2_SEQ_LM") {
    return absl::UnimplementedError(absl::StrCat(where, ": field \"task_type\" is \"", task,
                                                 "\": an adapter of a model that writes no text"));
  }
  for (auto item = object.begin(); item != object.end(); ++item) {
    const bool known = std::any_of(std::begin(kKnown), std::end(kKnown),
                                   [&](const char* name) { return item.key() == name; });
    if (known && item.key() != "alora_invocation_tokens") continue;
    if (IsFalse(item.value())) continue;
    return absl::UnimplementedError(absl::StrCat(
        where, ": field \"", item.key().substr(0, 100),
        "\" asks for what is not supported; merge the adapter into its base with peft"));
  }
  // The base's own weights are changed by these before the adapter is trained.
  if (const ordered_json* initial = Find(object, "init_lora_weights");
      initial != nullptr && initial->is_string()) {
    const std::string name = initial->get<std::string>();
    for (const char* changing : {"pissa", "olora", "corda", "loftq", "lora_ga"}) {
      if (!absl::StartsWith(name, changing)) continue;
      return absl::UnimplementedError(absl::StrCat(
          where, ": field \"init_lora_weights\" is \"", name,
          "\", which changes the base as well; save the adapter with "
          "path_initial_model_for_weight_conversion, or merge it into its base with peft"));
    }
  }
  return absl::OkStatus();
}

// As peft looks rank_pattern and alpha_pattern up.
template <typename Value>
Value LookUp(const std::vector<std::pair<std::string, Value>>& patterns, absl::string_view module,
             Value otherwise) {
  const re2::StringPiece text(module.data(), module.size());
  for (const auto& [pattern, value] : patterns) {
    if (RE2::FullMatch(text, RE2(absl::StrCat("(?:.*\\.)?(?:", pattern, ")"), RE2::Quiet))) {
      return value;
    }
  }
  return otherwise;
}

bool Selects(const ModuleSelection& selection, absl::string_view module) {
  if (!selection.pattern.empty()) {
    return RE2::FullMatch(re2::StringPiece(module.data(), module.size()),
                          RE2(selection.pattern, RE2::Quiet));
  }
  return std::any_of(selection.names.begin(), selection.names.end(), [&](const std::string& name) {
    return module == name || absl::EndsWith(module, absl::StrCat(".", name));
  });
}

}  // namespace

absl::StatusOr<LoraConfig> ParseLoraConfig(const std::string& where, absl::string_view text) {
  ASSAY_RETURN_IF_ERROR(ParseJsonObject(where, text).status());
  const ordered_json object = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  ASSAY_RETURN_IF_ERROR(CheckKind(where, object));
  LoraConfig config;
  ASSAY_ASSIGN_OR_RETURN(config.base, ReadText(where, object, "base_model_name_or_path", ""));
  if (const ordered_json* rank = Find(object, "r")) {
    ASSAY_RETURN_IF_ERROR(ReadRank(where, "r", *rank, &config.rank));
  }
  if (const ordered_json* alpha = Find(object, "lora_alpha")) {
    ASSAY_RETURN_IF_ERROR(ReadAlpha(where, "lora_alpha", *alpha, &config.alpha));
  }
  ASSAY_RETURN_IF_ERROR(ReadPatterns(where, object, "rank_pattern", ReadRank, &config.ranks));
  ASSAY_RETURN_IF_ERROR(ReadPatterns(where, object, "alpha_pattern", ReadAlpha, &config.alphas));
  ASSAY_RETURN_IF_ERROR(Read(where, object, "use_rslora", &config.rank_stabilized));
  ASSAY_RETURN_IF_ERROR(Read(where, object, "use_dora", &config.decomposed));
  ASSAY_RETURN_IF_ERROR(Read(where, object, "ensure_weight_tying", &config.keeps_ties));
  ASSAY_RETURN_IF_ERROR(ReadSelection(where, object, "target_modules", &config.targets));
  ASSAY_RETURN_IF_ERROR(ReadSelection(where, object, "exclude_modules", &config.excluded));
  config.targets_all = config.targets.pattern == "all-linear";
  ASSAY_RETURN_IF_ERROR(ReadLayers(where, object, &config));
  ASSAY_ASSIGN_OR_RETURN(config.saved_modules, ReadTexts(where, object, "modules_to_save"));
  return config;
}

int64_t LoraConfig::RankOf(absl::string_view module) const { return LookUp(ranks, module, rank); }

double LoraConfig::ScaleOf(absl::string_view module) const {
  const double rank_here = static_cast<double>(RankOf(module));
  return LookUp(alphas, module, alpha) / (rank_stabilized ? std::sqrt(rank_here) : rank_here);
}

bool LoraConfig::Targets(absl::string_view module) const {
  if (Selects(excluded, module)) return false;
  if (targets_all) return true;
  if (!Selects(targets, module)) return false;
  const bool whole =
      std::find(targets.names.begin(), targets.names.end(), module) != targets.names.end();
  if (layers.empty() || !targets.pattern.empty() || whole) return true;
  const re2::StringPiece text(module.data(), module.size());
  std::vector<std::string> before = layer_patterns;
  if (before.empty()) before.push_back("[^.]*");
  for (const std::string& pattern : before) {
    const std::string named = layer_patterns.empty() ? absl::StrCat(".*?\\.", pattern)
                                                     : absl::StrCat("(?:.*?\\.)?(?:", pattern, ")");
    std::string index;
    int64_t layer = 0;
    if (RE2::PartialMatch(text, RE2(absl::StrCat("^", named, "\\.(\\d+)\\."), RE2::Quiet),
                          &index)) {
      return absl::SimpleAtoi(index, &layer) &&
             std::find(layers.begin(), layers.end(), layer) != layers.end();
    }
  }
  return false;
}

}  // namespace assay
