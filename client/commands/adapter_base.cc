#include "client/commands/adapter_base.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "client/output/record_writer.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/huggingface/hub_cache.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

bool IsThere(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

absl::StatusOr<std::string> Absolute(const std::string& path) {
  std::error_code error;
  const fs::path absolute = fs::canonical(path, error);
  if (!error) return absolute.string();
  return absl::NotFoundError(absl::StrCat("cannot open ", path, ": ", error.message()));
}

// What the settings say; empty where they say nothing.
absl::StatusOr<std::string> NamedBase(const std::string& settings) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(settings));
  const Json object = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  constexpr char kField[] = "base_model_name_or_path";
  if (!object.is_object() || !object.contains(kField) || !object[kField].is_string()) return "";
  return object[kField].get<std::string>();
}

}  // namespace

absl::StatusOr<std::string> FindAdapterBase(const std::string& folder, const std::string& wanted,
                                            const ListOfModels& models) {
  const std::string settings = absl::StrCat(folder, "/adapter_config.json");
  if (!IsThere(settings)) {
    if (wanted.empty()) return "";
    return absl::InvalidArgumentError(
        absl::StrCat(folder, " has no adapter_config.json: only a LoRA adapter has a --base"));
  }
  std::string name = wanted;
  if (name.empty()) {
    ASSAY_ASSIGN_OR_RETURN(name, NamedBase(settings));
  }
  if (name.empty()) {
    return absl::NotFoundError(absl::StrCat(
        settings, " does not say which model the adapter is for: name it with --base"));
  }
  if (IsThere(name)) return Absolute(name);
  if (IsHubId(name)) {
    const absl::StatusOr<std::string> snapshot =
        FindHubSnapshot(HubCacheFolder(ProcessEnvironment()), name);
    if (snapshot.ok()) return Absolute(*snapshot);
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<v1::ModelSpec> registered, models());
  // "meta-llama/Llama-2-7b" may be registered as "Llama-2-7b".
  const std::string last = fs::path(name).filename().string();
  for (const std::string& candidate : {name, last}) {
    for (const v1::ModelSpec& model : registered) {
      if (model.name() == candidate && !model.has_remote()) return model.path();
    }
  }
  return absl::NotFoundError(absl::StrCat(
      "the adapter's base \"", name,
      "\" is no folder here, not in the Hugging Face cache and no model's name (assay model "
      "list): name it with --base FOLDER"));
}

}  // namespace assay
