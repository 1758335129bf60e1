// `assay model show`: all that is known of one model, and which of its files are on this machine.
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/known_models.h"
#include "client/commands/remote_model_options.h"
#include "client/output/text.h"
#include "client/registry/known_models.h"
#include "client/registry/model_files.h"
#include "common/base/status_macros.h"
#include "common/huggingface/hub_cache.h"
#include "common/leaderboard/table.h"

namespace assay {
namespace {

using Stub = v1::EvaluationService::Stub;

class Lines {
 public:
  Lines(OutputFormat format, const std::string& name, const Console& console)
      : writer_(RecordWriter::Create(format, "model",
                                     {{"key", "model"}, {"value", EscapeLine(name)}}, console)) {}

  // A line, where there is a value.
  void Add(const std::string& key, Json value, const std::string& text) {
    if (!text.empty()) writer_->Add({key, Cell(std::move(value), text)});
  }
  void Add(const std::string& key, const std::string& text) { Add(key, text, text); }
  void AddCount(const std::string& key, int64_t count) {
    if (count > 0) Add(key, count, GroupedDigits(count));
  }
  void Finish() { writer_->Finish(); }

 private:
  std::unique_ptr<RecordWriter> writer_;
};

void AddModel(const v1::ModelSpec& model, Lines& lines) {
  lines.Add("path", model.path());
  if (!model.base_path().empty()) lines.Add("base_path", model.base_path());
  if (model.has_remote()) lines.Add("endpoint", DescribeRemoteModel(model));
  lines.Add("format", model.format());
  lines.Add("architecture", model.architecture());
  lines.Add("stored_type", model.stored_type());
  lines.AddCount("exact_parameters", model.parameters());
  lines.AddCount("context_length", model.context_length());
  lines.AddCount("vocabulary_size", model.vocabulary_size());
  lines.Add("weights_sha256", model.weights_sha256());
  lines.Add("tokenizer_sha256", model.tokenizer_sha256());
  if (!model.generation_settings().empty()) {
    const Json settings = Json::parse(model.generation_settings(), nullptr, false);
    lines.Add("generation_settings", settings,
              absl::StrCat(model.generation_settings(),
                           "  (the checkpoint's own; never applied: a run's settings decide)"));
  }
}

void AddFacts(const ModelFacts& facts, Lines& lines) {
  lines.Add("title", facts.title);
  lines.Add("family", facts.family);
  lines.Add("foundation", facts.foundation);
  lines.Add("parameters", facts.parameters, SizeName(facts.parameters));
  lines.Add("instruction_data", facts.instruction_data);
  lines.AddCount("instruction_examples", facts.instruction_examples);
  lines.Add("method", std::string(TrainingMethodName(facts.method)));
  lines.Add("tuning", std::string(TuningName(facts.tuning)));
  lines.Add("prompt_template", facts.prompt_template);
  lines.Add("precision", facts.precision);
  lines.Add("license", facts.license);
  lines.Add("source", facts.source);
  lines.Add("aliases", Json(facts.aliases), absl::StrJoin(facts.aliases, ", "));
}

// What this machine has at `path`; workers look on their own.
void AddFiles(const std::string& path, Lines& lines) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    lines.Add("files", Json::array(), absl::StrCat("not on this machine: ", path));
    return;
  }
  const ModelFiles files = CheckModelFiles(path);
  Json there = Json::array();
  std::vector<std::string> texts;
  for (const ModelFile& file : files.there) {
    there.push_back({{"name", file.name}, {"bytes", file.bytes}});
    texts.push_back(absl::StrCat(file.name, " (", GroupedDigits(file.bytes), " bytes)"));
  }
  lines.Add("files", there, absl::StrJoin(texts, ", "));
  Json missing = Json::array();
  texts.clear();
  for (const MissingFile& file : files.missing) {
    missing.push_back({{"name", file.name}, {"why", file.why}});
    texts.push_back(absl::StrCat(file.name, " (", file.why, ")"));
  }
  lines.Add("missing_files", missing, absl::StrJoin(texts, ", "));
}

const v1::ModelSpec* FindRegistered(const v1::ListModelsResponse& models, const std::string& name) {
  for (const v1::ModelSpec& model : models.models()) {
    if (model.name() == name) return &model;
  }
  return nullptr;
}

absl::Status Show(const CommandContext& context, const std::string& name, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::ListModelsResponse models,
                         service.Call(&Stub::ListModels, v1::ListModelsRequest()));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ModelFacts> known, FetchKnown(service));
  const v1::ModelSpec* found = FindRegistered(models, name);
  // What is registered as "opt" need not be what tables call OPT.
  const ModelFacts* facts = found != nullptr ? FindNamed(known, name) : FindKnown(known, name);
  if (found == nullptr && facts != nullptr) found = FindRegistered(models, facts->name);
  if (found == nullptr && facts == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("there is no model \"", name,
                     "\", and nothing is known of one; `assay model list --known` shows those "
                     "there are"));
  }
  Lines lines(format, found != nullptr ? found->name() : facts->name, *context.console);
  lines.Add("state", found != nullptr ? "registered" : "not registered");
  if (found != nullptr) AddModel(*found, lines);
  if (facts != nullptr) AddFacts(*facts, lines);
  if (found != nullptr && !found->has_remote() && found->format() != "imported") {
    AddFiles(found->path(), lines);
  } else if (found == nullptr && !facts->source.empty()) {
    const absl::StatusOr<std::string> folder =
        FindHubSnapshot(HubCacheFolder(ProcessEnvironment()), facts->source);
    if (folder.ok()) {
      lines.Add("path", *folder);
      AddFiles(*folder, lines);
    } else {
      lines.Add("files", Json::array(), std::string(folder.status().message()));
    }
  }
  lines.Finish();
  return absl::OkStatus();
}

}  // namespace

void AddModelShowCommand(CLI::App& model, CommandContext& context) {
  CLI::App* show = model.add_subcommand("show", "All that is known of a model");
  auto name = std::make_shared<std::string>();
  show->add_option("name", *name, "The model: its name, Hugging Face id or alias")->required();
  auto format = AddFormatOption(show);
  show->callback([&context, name, format] {
    context.action = [&context, name, format] {
      return ExitCodeOf(*context.console, Show(context, *name, *format));
    };
  });
}

}  // namespace assay
