#include "client/commands/count_tokens.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/process/subprocess.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"
#include "nlohmann/json.hpp"

namespace assay {
namespace {

constexpr char kVariable[] = "ASSAY_WORKER_PROGRAM";

// A file that this process alone can read, with the texts as a JSON array.
absl::StatusOr<std::string> WriteTexts(const std::vector<std::string>& texts) {
  std::error_code error;
  std::string path =
      (std::filesystem::temp_directory_path(error) / "assay-prompts-XXXXXX").string();
  const int file = mkstemp(path.data());
  if (file < 0) return absl::UnknownError("no temporary file can be made");
  close(file);
  ASSAY_RETURN_IF_ERROR(WriteFile(
      path, nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  return path;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> CountTokens(const v1::ModelSpec& model,
                                                 const std::vector<std::string>& texts) {
  std::error_code error;
  if (model.has_remote() || !std::filesystem::exists(model.path(), error)) {
    return absl::NotFoundError(absl::StrCat(model.name(), " is not on this machine"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string path, WriteTexts(texts));
  const absl::Cleanup remove = [&path] { unlink(path.c_str()); };
  Command command;
  command.arguments = {FindSibling("assay-worker", kVariable), "count-tokens", model.path(), path};
  if (!model.base_path().empty()) {
    command.arguments.insert(command.arguments.end(), {"--base", model.base_path()});
  }
  ASSAY_ASSIGN_OR_RETURN(const CommandResult result, RunCommand(command));
  if (!result.succeeded()) {
    return absl::InvalidArgumentError(absl::StripAsciiWhitespace(result.error));
  }
  const auto json = nlohmann::json::parse(result.output, nullptr, false);
  std::vector<int64_t> counts;
  if (json.is_array()) {
    for (const auto& count : json) {
      if (count.is_number_integer()) counts.push_back(count.get<int64_t>());
    }
  }
  if (counts.size() != texts.size()) return absl::InternalError("count-tokens gave other counts");
  return counts;
}

std::vector<v1::TokenRatio> CountRatios(
    const google::protobuf::RepeatedPtrField<v1::RunPlan>& runs,
    const google::protobuf::RepeatedPtrField<v1::ModelSpec>& models) {
  std::map<std::string, const v1::ModelSpec*> by_name;
  for (const v1::ModelSpec& model : models) by_name[model.name()] = &model;
  // The prompts of all runs of a model are counted by one process.
  std::map<std::string, std::vector<const v1::RunPlan*>> of_model;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const v1::RunPlan& run : runs) {
    const v1::RunSpec& spec = run.spec();
    if (run.sample_prompts().empty() || by_name.count(spec.model_name()) == 0) continue;
    if (!seen.emplace(spec.model_name(), spec.dataset_name(), spec.settings().protocol()).second) {
      continue;
    }
    of_model[spec.model_name()].push_back(&run);
  }
  std::vector<v1::TokenRatio> ratios;
  for (const auto& [name, plans] : of_model) {
    std::vector<std::string> texts;
    for (const v1::RunPlan* run : plans) {
      texts.insert(texts.end(), run->sample_prompts().begin(), run->sample_prompts().end());
    }
    const absl::StatusOr<std::vector<int64_t>> counts = CountTokens(*by_name.at(name), texts);
    if (!counts.ok()) continue;
    size_t next = 0;
    for (const v1::RunPlan* run : plans) {
      v1::TokenRatio ratio;
      ratio.set_model(name);
      ratio.set_dataset(run->spec().dataset_name());
      ratio.set_protocol(run->spec().settings().protocol());
      for (const std::string& prompt : run->sample_prompts()) {
        ratio.set_characters(ratio.characters() + CountCharacters(prompt));
        ratio.set_tokens(ratio.tokens() + (*counts)[next++]);
      }
      if (ratio.characters() > 0 && ratio.tokens() > 0) ratios.push_back(std::move(ratio));
    }
  }
  return ratios;
}

}  // namespace assay
