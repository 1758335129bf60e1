#include "worker/process/inspect.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

nlohmann::ordered_json ToJson(const ModelSpec& model) {
  nlohmann::ordered_json json = {
      {"name", model.name},
      {"path", model.path},
      {"format", model.format},
      {"architecture", model.architecture},
      {"weights_sha256", model.weights_sha256},
      {"tokenizer_sha256", model.tokenizer_sha256},
      {"parameters", model.parameters},
      {"context_length", model.context_length},
      {"vocabulary_size", model.vocabulary_size},
      {"stored_type", model.stored_type},
      {"characters_per_token", model.characters_per_token},
  };
  if (!model.base_path.empty()) json["base_path"] = model.base_path;
  if (!model.generation_settings.empty()) {
    json["generation_settings"] =
        nlohmann::ordered_json::parse(model.generation_settings, nullptr, false);
  }
  return json;
}

// A path need not be UTF-8.
std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string ModelSpecJson(const ModelSpec& model) { return Dump(ToJson(model)); }

std::string ModelSpecText(const ModelSpec& model) {
  const nlohmann::ordered_json json = ToJson(model);
  std::string text;
  for (const auto& [field, value] : json.items()) {
    absl::StrAppendFormat(&text, "%-21s %s\n", field,
                          value.is_string() ? value.get<std::string>() : Dump(value));
  }
  return text;
}

int Inspect(const std::string& name, const std::string& path, const std::string& base_path,
            bool json) {
  const absl::StatusOr<ModelSpec> model = InspectModel(name, path, base_path);
  if (!model.ok()) {
    std::fprintf(stderr, "assay-worker: %s\n", std::string(model.status().message()).c_str());
    return 1;
  }
  const std::string text = json ? absl::StrCat(ModelSpecJson(*model), "\n") : ModelSpecText(*model);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace assay
