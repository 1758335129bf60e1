// What is known of models beside their files: `assay model facts ...` and `assay model show`.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/output/text.h"
#include "client/registry/model_facts_file.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/leaderboard/table.h"
#include "common/rpc/convert_leaderboard.h"

namespace assay {
namespace {

using Stub = v1::EvaluationService::Stub;

absl::StatusOr<v1::PutModelFactsResponse> Put(Service& service,
                                              const std::vector<ModelFacts>& facts) {
  v1::PutModelFactsRequest request;
  for (const ModelFacts& model : facts) *request.add_facts() = ToProto(model);
  return service.Call(&Stub::PutModelFacts, request);
}

absl::Status Import(const CommandContext& context, const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ModelFacts> facts, ReadModelFacts(path, text));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::PutModelFactsResponse response, Put(service, facts));
  *context.console->out << facts.size() << " models: " << response.added() << " are new, "
                        << response.changed() << " have changed\n";
  return absl::OkStatus();
}

// NotFound where nothing is known of the model.
absl::StatusOr<ModelFacts> Fetch(Service& service, const std::string& name) {
  v1::ListModelFactsRequest request;
  request.set_name(name);
  ASSAY_ASSIGN_OR_RETURN(const v1::ListModelFactsResponse response,
                         service.Call(&Stub::ListModelFacts, request));
  if (response.facts().empty()) return absl::InternalError("the coordinator's answer is empty");
  return FromProto(response.facts(0));
}

absl::Status Set(const CommandContext& context, const std::string& name,
                 const std::vector<std::string>& settings) {
  ModelFacts facts;
  facts.name = name;
  ASSAY_RETURN_IF_ERROR(CheckModelFacts(facts));
  Service service = context.Connect();
  absl::StatusOr<ModelFacts> known = Fetch(service, name);
  if (known.ok()) {
    facts = *std::move(known);
  } else if (!absl::IsNotFound(known.status())) {
    return known.status();
  }
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", setting, "\" is not KEY=VALUE, for example method=supervised"));
    }
    ASSAY_RETURN_IF_ERROR(SetFact(setting.substr(0, equals), setting.substr(equals + 1), &facts));
  }
  ASSAY_ASSIGN_OR_RETURN(const v1::PutModelFactsResponse response, Put(service, {facts}));
  const bool same = response.added() + response.changed() == 0;
  *context.console->out << EscapeLine(name) << (same ? ": nothing has changed\n" : ": set\n");
  return absl::OkStatus();
}

// Of a number that is not known: nothing.
Json CountJson(int64_t count) { return count == 0 ? Json() : Json(count); }
Cell CountCell(int64_t count) {
  return Cell(CountJson(count), count == 0 ? "" : HumanCount(static_cast<double>(count)));
}
Cell SizeCell(int64_t parameters) { return Cell(CountJson(parameters), SizeName(parameters)); }

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::ListModelFactsResponse response,
                         service.Call(&Stub::ListModelFacts, v1::ListModelFactsRequest()));
  auto writer = RecordWriter::Create(format, "facts",
                                     {{"name", "name"},
                                      {"title", "title"},
                                      {"family", "family"},
                                      {"foundation", "foundation"},
                                      {"parameters", "size", Align::kRight},
                                      {"instruction_data", "instruction data"},
                                      {"instruction_examples", "examples", Align::kRight},
                                      {"method", "method"},
                                      {"tuning", "tuning"},
                                      {"prompt_template", "template"},
                                      {"precision", ""},
                                      {"license", "license"},
                                      {"source", "source"},
                                      {"aliases", ""}},
                                     *context.console);
  for (const v1::ModelFacts& proto : response.facts()) {
    ASSAY_ASSIGN_OR_RETURN(const ModelFacts facts, FromProto(proto));
    writer->Add(
        {facts.name, facts.title, facts.family, facts.foundation, SizeCell(facts.parameters),
         facts.instruction_data, CountCell(facts.instruction_examples),
         std::string(TrainingMethodName(facts.method)), std::string(TuningName(facts.tuning)),
         facts.prompt_template, facts.precision, facts.license, facts.source,
         Cell(Json(facts.aliases), absl::StrJoin(facts.aliases, ", "))});
  }
  writer->Finish();
  return absl::OkStatus();
}

// One thing that is known of a model, for a table of two columns.
void AddLine(const std::string& key, Json value, const std::string& text, RecordWriter& writer) {
  if (text.empty()) return;
  writer.Add({key, Cell(std::move(value), text)});
}

absl::Status Show(const CommandContext& context, const std::string& name, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::ListModelsResponse models,
                         service.Call(&Stub::ListModels, v1::ListModelsRequest()));
  absl::StatusOr<ModelFacts> facts = Fetch(service, name);
  if (!facts.ok() && !absl::IsNotFound(facts.status())) return facts.status();
  auto writer = RecordWriter::Create(
      format, "model", {{"key", "model"}, {"value", EscapeLine(name)}}, *context.console);
  bool found = facts.ok();
  for (const v1::ModelSpec& model : models.models()) {
    if (model.name() != name) continue;
    found = true;
    AddLine("path", model.path(), model.path(), *writer);
    AddLine("format", model.format(), model.format(), *writer);
    AddLine("architecture", model.architecture(), model.architecture(), *writer);
    AddLine("stored_type", model.stored_type(), model.stored_type(), *writer);
    if (model.parameters() > 0) {
      AddLine("exact_parameters", model.parameters(), GroupedDigits(model.parameters()), *writer);
    }
    if (model.context_length() > 0) {
      AddLine("context_length", model.context_length(), GroupedDigits(model.context_length()),
              *writer);
    }
    AddLine("weights_sha256", model.weights_sha256(), model.weights_sha256(), *writer);
    AddLine("tokenizer_sha256", model.tokenizer_sha256(), model.tokenizer_sha256(), *writer);
  }
  if (!found) {
    return absl::NotFoundError(absl::StrCat("there is no model \"", name,
                                            "\", and nothing is known of one; `assay model list` "
                                            "and `assay model facts list` show those there are"));
  }
  if (facts.ok()) {
    AddLine("title", facts->title, facts->title, *writer);
    AddLine("family", facts->family, facts->family, *writer);
    AddLine("foundation", facts->foundation, facts->foundation, *writer);
    AddLine("parameters", facts->parameters, SizeName(facts->parameters), *writer);
    AddLine("instruction_data", facts->instruction_data, facts->instruction_data, *writer);
    if (facts->instruction_examples > 0) {
      AddLine("instruction_examples", facts->instruction_examples,
              GroupedDigits(facts->instruction_examples), *writer);
    }
    const std::string method(TrainingMethodName(facts->method));
    AddLine("method", method, method, *writer);
    const std::string tuning(TuningName(facts->tuning));
    AddLine("tuning", tuning, tuning, *writer);
    AddLine("prompt_template", facts->prompt_template, facts->prompt_template, *writer);
    AddLine("precision", facts->precision, facts->precision, *writer);
    AddLine("license", facts->license, facts->license, *writer);
    AddLine("source", facts->source, facts->source, *writer);
    AddLine("aliases", Json(facts->aliases), absl::StrJoin(facts->aliases, ", "), *writer);
  }
  writer->Finish();
  return absl::OkStatus();
}

struct SetOptions {
  std::string name;
  std::vector<std::string> settings;
};

}  // namespace

void AddModelFactsCommands(CLI::App& model, CommandContext& context) {
  CLI::App* show = model.add_subcommand("show", "All that is known of a model");
  auto shown = std::make_shared<std::string>();
  show->add_option("name", *shown, "The model")->required();
  auto show_format = AddFormatOption(show);
  show->callback([&context, shown, show_format] {
    context.action = [&context, shown, show_format] {
      return ExitCodeOf(*context.console, Show(context, *shown, *show_format));
    };
  });

  CLI::App* group =
      model.add_subcommand("facts", "What is known of models beside their files, by their names");
  group->require_subcommand(1);

  CLI::App* import = group->add_subcommand(
      "import", "Import facts from a YAML file such as deploy/models.yaml; all of them or none");
  auto path = std::make_shared<std::string>();
  import->add_option("file", *path, "The file")->required();
  import->callback([&context, path] {
    context.action = [&context, path] {
      return ExitCodeOf(*context.console, Import(context, *path));
};
}  // namespace assay
);

CLI::App* set = group->add_subcommand("set", "Set facts of one model; KEY= forgets one");
auto options = std::make_shared<SetOptions>();
set->add_option("name", options->name, "The model's name, registered or not")->required();
set->add_option("facts", options->settings, "For example parameters=7b method=supervised")
    ->required()
    ->type_name("KEY=VALUE ...");
set->callback([&context, options] {
  context.action = [&context, options] {
    return ExitCodeOf(*context.console, Set(context, options->name, options->settings));
  };
});

CLI::App* list = group->add_subcommand("list", "List what is known");
auto format = AddFormatOption(list);
list->callback([&context, format] {
  context.action = [&context, format] {
    return ExitCodeOf(*context.console, List(context, *format));
  };
});
}

}  // namespace assay
