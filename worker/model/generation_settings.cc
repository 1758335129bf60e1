#include "worker/model/generation_settings.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/domain/model_spec.h"
#include "worker/weights/json_object.h"

namespace assay {
namespace {

using nlohmann::json;

constexpr size_t kMostFieldBytes = 1000;
// Of config.json, which has much else.
constexpr absl::string_view kOlderFields[] = {
    "do_sample",      "early_stopping",     "length_penalty",       "max_length",
    "max_new_tokens", "min_length",         "no_repeat_ngram_size", "num_beams",
    "penalty_alpha",  "repetition_penalty", "temperature",          "top_k",
    "top_p",          "typical_p"};

bool IsShown(absl::string_view field) {
  return !absl::EndsWith(field, "_token_id") && !absl::EndsWith(field, "_token_ids") &&
         field != "transformers_version" && field != "_from_model_config";
}

bool IsOlderField(absl::string_view field) {
  return std::find(std::begin(kOlderFields), std::end(kOlderFields), field) !=
         std::end(kOlderFields);
}

std::string Text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Those fields that `is_shown` takes, as far as they fit.
template <typename IsShown>
std::string Pick(const json& object, const IsShown& is_shown) {
  json picked = json::object();
  size_t bytes = 2;
  for (auto field = object.begin(); field != object.end(); ++field) {
    if (field->is_null() || !is_shown(field.key())) continue;
    const size_t size = Text(*field).size() + Text(field.key()).size() + 2;
    if (size > kMostFieldBytes || bytes + size > kMostGenerationSettingsBytes) continue;
    bytes += size;
    picked[field.key()] = *field;
  }
  return picked.empty() ? "" : Text(picked);
}

}  // namespace

std::string ReadGenerationSettings(const std::string& folder, const json& config) {
  const std::string path = (std::filesystem::path(folder) / "generation_config.json").string();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Pick(config, IsOlderField);
  const absl::StatusOr<json> settings = ReadJsonObject(path);
  return settings.ok() ? Pick(*settings, IsShown) : "";
}

}  // namespace assay
