// `assay model add`: checks a model's files and registers it, or registers one behind an endpoint.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/adapter_base.h"
#include "client/commands/context.h"
#include "client/commands/inspect_model.h"
#include "client/commands/known_models.h"
#include "client/commands/outcome.h"
#include "client/commands/remote_model_options.h"
#include "client/output/text.h"
#include "client/registry/known_models.h"
#include "common/base/status_macros.h"
#include "common/remote/remote_model.h"
#include "common/rpc/convert.h"
#include "common/rpc/convert_leaderboard.h"

namespace assay {
namespace {

using Stub = v1::EvaluationService::Stub;

struct AddOptions {
  std::string name;
  std::string path;  // empty: of a remote model, or of one that is known
  std::string revision = "main";
  std::string base;  // of an adapter; empty: what its settings say
  RemoteModelOptions remote;
};

absl::Status AddRemote(const CommandContext& context, const AddOptions& options) {
  if (!options.path.empty()) {
    return absl::InvalidArgumentError("a model is either a PATH or behind an --endpoint, not both");
  }
  v1::AddModelRequest request;
  ASSAY_ASSIGN_OR_RETURN(*request.mutable_model(), ReadRemoteModel(options.name, options.remote));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::AddModelResponse response,
                         service.Call(&Stub::AddModel, request));
  TellOutcome(
      context,
      absl::StrCat(
          EscapeLine(options.name),
          response.existed() ? ": was added before, and is asked so from now on: " : ": added: ",
          EscapeLine(DescribeRemoteModel(request.model()))),
      {{"name", options.name}, {"existed", response.existed()}, {"endpoint", options.remote.url}});
  return absl::OkStatus();
}

// Of a model from the hub, so that tables can tell what it is: what the program knows of it, where
// the service knows nothing.
absl::Status PutFacts(const CommandContext& context, const FoundModel& place, Service& service) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ModelFacts> known, KnownModels());
  const ModelFacts* found =
      place.hub_id.empty() ? FindNamed(known, place.name) : FindKnown(known, place.hub_id);
  if (found == nullptr && place.hub_id.empty()) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ModelFacts> stored, FetchFacts(service));
  if (std::any_of(stored.begin(), stored.end(),
                  [&](const ModelFacts& facts) { return facts.name == place.name; })) {
    return absl::OkStatus();
  }
  ModelFacts facts;
  if (found != nullptr) facts = *found;
  // Published tables call by an alias the one that has the name.
  if (facts.name != place.name) facts.aliases.clear();
  facts.name = place.name;
  if (!place.hub_id.empty()) facts.source = place.hub_id;
  v1::PutModelFactsRequest request;
  *request.add_facts() = ToProto(facts);
  ASSAY_RETURN_IF_ERROR(service.Call(&Stub::PutModelFacts, request).status());
  if (found != nullptr) {
    *context.console->err << "what is known of " << EscapeLine(found->name)
                          << " is kept with it (assay model show " << EscapeLine(place.name)
                          << ")\n";
  }
  return absl::OkStatus();
}

void TellGenerationSettings(const CommandContext& context, const v1::ModelSpec& model) {
  if (model.generation_settings().empty()) return;
  *context.console->err << "its files ask for " << EscapeLine(model.generation_settings())
                        << ": shown only; a run's own settings decide\n";
}

absl::Status Add(const CommandContext& context, const AddOptions& options) {
  if (!options.remote.url.empty()) return AddRemote(context, options);
  ASSAY_ASSIGN_OR_RETURN(std::vector<ModelFacts> known, KnownModels());
  ASSAY_ASSIGN_OR_RETURN(const FoundModel place,
                         FindModel(options.name, options.path, options.revision, known));
  if (place.in_cache) {
    *context.console->err << EscapeLine(place.hub_id)
                          << " is in the Hugging Face cache: " << EscapeLine(place.path) << "\n";
  }
  ASSAY_RETURN_IF_ERROR(CheckComplete(place));
  *context.console->err << "checking " << EscapeLine(place.path) << " ...\n" << std::flush;
  const auto list = [&]() -> absl::StatusOr<std::vector<v1::ModelSpec>> {
    Service service = context.Connect();
    ASSAY_ASSIGN_OR_RETURN(const v1::ListModelsResponse response,
                           service.Call(&Stub::ListModels, v1::ListModelsRequest()));
    return std::vector<v1::ModelSpec>(response.models().begin(), response.models().end());
  };
  ASSAY_ASSIGN_OR_RETURN(const std::string base, FindAdapterBase(place.path, options.base, list));
  if (!base.empty()) {
    *context.console->err << "it is a LoRA adapter of " << EscapeLine(base) << "\n";
  }
  v1::AddModelRequest request;
  ASSAY_ASSIGN_OR_RETURN(*request.mutable_model(), InspectModel(place.name, place.path, base));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::AddModelResponse response,
                         service.Call(&Stub::AddModel, request));
  const v1::ModelSpec& model = request.model();
  TellOutcome(context,
              absl::StrCat(EscapeLine(model.name()),
                           response.existed() ? ": was added before: " : ": added: ",
                           EscapeLine(model.architecture()), ", ",
                           HumanCount(static_cast<double>(model.parameters())), " parameters, ",
                           EscapeLine(model.stored_type()), ", context ",
                           GroupedDigits(model.context_length()), " tokens (weights sha256 ",
                           EscapeLine(model.weights_sha256()), ")"),
              {{"name", model.name()},
               {"existed", response.existed()},
               {"architecture", model.architecture()},
               {"parameters", model.parameters()},
               {"stored_type", model.stored_type()},
               {"context_length", model.context_length()},
               {"weights_sha256", model.weights_sha256()}});
  TellGenerationSettings(context, model);
  return PutFacts(context, place, service);
}

}  // namespace

void AddModelAddCommand(CLI::App& model, CommandContext& context) {
  CLI::App* add = model.add_subcommand(
      "add", "Check a model's files and register it, or register one behind an endpoint");
  auto options = std::make_shared<AddOptions>();
  add->add_option("name", options->name,
                  "The model's name here: letters, digits, . _ -. Without a PATH: a model that is "
                  "known (assay model list --known) or a Hugging Face id, in this machine's cache")
      ->required();
  add->add_option(
      "path", options->path,
      "A Hugging Face folder, a GGUF file or a LoRA adapter's folder, as workers see it; or the "
      "id of a model in "
      "the Hugging Face cache: google/flan-t5-xl");
  add->add_option("--revision", options->revision,
                  "Of a model in the cache: its branch, tag or commit")
      ->capture_default_str();
  add->add_option(
      "--base", options->base,
      "Of a LoRA adapter: the model that it changes, as a path, a Hugging Face id in the "
      "cache or the name of a model here; default: what adapter_config.json names");
  AddRemoteModelOptions(add, &options->remote);
  AddOutcomeFormat(add, context);
  add->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Add(context, *options));
    };
  });
}

}  // namespace assay
