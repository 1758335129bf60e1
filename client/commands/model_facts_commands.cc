// What is known of models beside their files: `assay model facts ...`.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/outcome.h"
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
  TellOutcome(
      context,
      absl::StrCat(facts.size(), " models: ", response.added(), " are new, ", response.changed(),
                   " have changed"),
      {{"models", facts.size()}, {"added", response.added()}, {"changed", response.changed()}});
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
  TellOutcome(context, absl::StrCat(EscapeLine(name), same ? ": nothing has changed" : ": set"),
              {{"name", name}, {"changed", !same}});
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

struct SetOptions {
  std::string name;
  std::vector<std::string> settings;
};

}  // namespace

void AddModelFactsCommands(CLI::App& model, CommandContext& context) {
  CLI::App* group =
      model.add_subcommand("facts", "What is known of models beside their files, by their names");
  group->require_subcommand(1);

  CLI::App* add = group->add_subcommand(
      "import", "Import facts from a YAML file such as deploy/models.yaml; all of them or none");
  auto path = std::make_shared<std::string>();
  add->add_option("file", *path, "The file")->required();
  AddOutcomeFormat(add, context);
  add->callback([&context, path] {
    context.action = [&context, path] {
      return ExitCodeOf(*context.console, Import(context, *path));
    };
  });

  CLI::App* set = group->add_subcommand("set", "Set facts of one model; KEY= forgets one");
  auto options = std::make_shared<SetOptions>();
  set->add_option("name", options->name, "The model's name, registered or not")->required();
  set->add_option("facts", options->settings, "For example parameters=7b method=supervised")
      ->required()
      ->type_name("KEY=VALUE ...");
  AddOutcomeFormat(set, context);
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
