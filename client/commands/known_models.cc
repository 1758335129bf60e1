#include "client/commands/known_models.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/registry/known_models.h"
#include "common/base/status_macros.h"
#include "common/huggingface/hub_cache.h"
#include "common/rpc/convert_leaderboard.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

bool IsThere(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// "org/name", and nothing that was meant as a path.
bool LooksLikeHubId(const std::string& text) {
  return absl::StrContains(text, '/') && IsHubId(text);
}

absl::StatusOr<FoundModel> FromPath(const std::string& name, const std::string& path,
                                    const std::vector<ModelFacts>& known) {
  FoundModel found;
  found.name = name;
  std::error_code error;
  found.path = fs::absolute(path, error).lexically_normal().string();
  while (found.path.size() > 1 && found.path.back() == '/') found.path.pop_back();
  if (error || !IsThere(found.path)) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no ", found.path,
                     ": name a Hugging Face folder (config.json, *.safetensors, tokenizer.json), a "
                     "GGUF file, or a Hugging Face id such as google/flan-t5-xl"));
  }
  found.hub_id = HubIdOfSnapshot(found.path);
  found.in_cache = !found.hub_id.empty();
  if (const ModelFacts* facts = FindNamed(known, name); facts != nullptr && found.hub_id.empty()) {
    found.hub_id = facts->source;
  }
  found.files = CheckModelFiles(found.path);
  return found;
}

// `path`: what the user wrote as one, which is the id then.
absl::StatusOr<FoundModel> FromCache(const std::string& name, const std::string& id,
                                     const std::string& revision, const std::string& path = "") {
  FoundModel found;
  found.name = name;
  found.hub_id = id;
  found.in_cache = true;
  absl::StatusOr<std::string> folder =
      FindHubSnapshot(HubCacheFolder(ProcessEnvironment()), id, revision);
  if (!folder.ok()) {
    if (!absl::IsNotFound(folder.status())) return folder.status();
    return absl::NotFoundError(
        absl::StrCat(path.empty() ? "" : absl::StrCat("there is no ", path, " here, and "),
                     folder.status().message(),
                     ". If the model's files are elsewhere, name their PATH; if not, ",
                     DownloadAdvice(id, "", WholeModel())));
  }
  std::error_code error;
  found.path = fs::absolute(*folder, error).lexically_normal().string();
  found.files = CheckModelFiles(found.path);
  return found;
}

}  // namespace

absl::StatusOr<std::vector<ModelFacts>> FetchFacts(Service& service) {
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListModelFactsResponse response,
      service.Call(&v1::EvaluationService::Stub::ListModelFacts, v1::ListModelFactsRequest()));
  std::vector<ModelFacts> facts;
  for (const v1::ModelFacts& proto : response.facts()) {
    ASSAY_ASSIGN_OR_RETURN(facts.emplace_back(), FromProto(proto));
  }
  return facts;
}

absl::StatusOr<std::vector<ModelFacts>> FetchKnown(Service& service) {
  ASSAY_ASSIGN_OR_RETURN(std::vector<ModelFacts> facts, FetchFacts(service));
  ASSAY_ASSIGN_OR_RETURN(std::vector<ModelFacts> known, KnownModels());
  return MergeKnown(std::move(facts), std::move(known));
}

absl::StatusOr<FoundModel> FindModel(const std::string& name, const std::string& path,
                                     const std::string& revision,
                                     const std::vector<ModelFacts>& known) {
  if (!path.empty()) {
    if (IsThere(path) || !LooksLikeHubId(path)) return FromPath(name, path, known);
    return FromCache(name, path, revision, path);
  }
  const ModelFacts* facts = FindKnown(known, name);
  if (facts != nullptr && !facts->source.empty()) {
    return FromCache(facts->name, facts->source, revision);
  }
  if (LooksLikeHubId(name)) return FromCache(name.substr(name.find('/') + 1), name, revision);
  return absl::InvalidArgumentError(
      facts != nullptr
          ? absl::StrCat("it is not known where the files of ", name, " come from: name its PATH")
          : absl::StrCat("name the model's PATH, or its --endpoint: \"", name,
                         "\" is neither a Hugging Face id nor a model that is known (assay model "
                         "list --known)"));
}

absl::Status CheckComplete(const FoundModel& found) {
  if (found.files.missing.empty()) return absl::OkStatus();
  std::string text = absl::StrCat(found.path, " is not complete; missing:\n");
  for (const MissingFile& file : found.files.missing) {
    absl::StrAppend(&text, "  ", file.name, "  (", file.why, ")\n");
  }
  absl::StrAppend(&text, DownloadAdvice(found.hub_id, found.path, found.files.missing));
  return absl::InvalidArgumentError(text);
}

}  // namespace assay
