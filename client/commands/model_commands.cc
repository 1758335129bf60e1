// `assay model ...`
#include <memory>
#include <string>

#include "client/commands/context.h"
#include "client/commands/outcome.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::Status Remove(const CommandContext& context, const std::string& name) {
  v1::RemoveModelRequest request;
  request.set_name(name);
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::RemoveModelResponse response,
                         service.Call(&v1::EvaluationService::Stub::RemoveModel, request));
  std::string sentence = absl::StrCat(EscapeLine(name), ": removed");
  if (response.runs() > 0) {
    absl::StrAppend(&sentence, "; its ", GroupedDigits(response.runs()),
                    response.runs() == 1 ? " run stays" : " runs stay",
                    " with all predictions, and the name is kept for these weights");
  }
  TellOutcome(context, sentence, {{"name", name}, {"removed", true}, {"runs", response.runs()}});
  return absl::OkStatus();
}

}  // namespace

void AddModelCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("model", "Register models, list and remove them");
  group->require_subcommand(1);
  AddModelAddCommand(*group, context);
  AddModelListCommand(*group, context);
  AddModelShowCommand(*group, context);

  CLI::App* remove = group->add_subcommand(
      "remove", "Run nothing new with a model; its results stay, and its files are not touched");
  auto name = std::make_shared<std::string>();
  remove->add_option("name", *name, "The model")->required();
  AddOutcomeFormat(remove, context);
  remove->callback([&context, name] {
    context.action = [&context, name] {
      return ExitCodeOf(*context.console, Remove(context, *name));
    };
  });

  AddModelFactsCommands(*group, context);
}

}  // namespace assay
