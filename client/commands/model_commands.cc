#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/inspect_model.h"
#include "client/commands/remote_model_options.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"
#include "common/remote/remote_model.h"
#include "common/rpc/convert.h"
#include "common/rpc/convert_leaderboard.h"

namespace assay {
namespace {

struct AddOptions {
  std::string name;
  std::string path;  // empty: of a remote model
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
                         service.Call(&v1::EvaluationService::Stub::AddModel, request));
  *context.console->out << EscapeLine(options.name)
                        << (response.existed() ? ": was added before, and is asked so from now on: "
                                               : ": added: ")
                        << EscapeLine(DescribeRemoteModel(request.model())) << "\n";
  return absl::OkStatus();
}

absl::Status Add(const CommandContext& context, const AddOptions& options) {
  if (!options.remote.url.empty()) return AddRemote(context, options);
  if (options.path.empty()) {
    return absl::InvalidArgumentError("name the model's PATH, or its --endpoint");
  }
  std::error_code error;
  const std::string path =
      std::filesystem::absolute(options.path, error).lexically_normal().string();
  if (error || !std::filesystem::exists(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no ", path,
                     ": name a Hugging Face folder (config.json, *.safetensors, "
                     "tokenizer.json) or a GGUF file"));
  }
  *context.console->err << "checking " << EscapeLine(path) << " ...\n" << std::flush;
  v1::AddModelRequest request;
  ASSAY_ASSIGN_OR_RETURN(*request.mutable_model(), InspectModel(options.name, path));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::AddModelResponse response,
                         service.Call(&v1::EvaluationService::Stub::AddModel, request));
  const v1::ModelSpec& model = request.model();
  *context.console->out << EscapeLine(model.name())
                        << (response.existed() ? ": was added before: " : ": added: ")
                        << EscapeLine(model.architecture()) << ", "
                        << HumanCount(static_cast<double>(model.parameters())) << " parameters, "
                        << EscapeLine(model.stored_type()) << ", context "
                        << GroupedDigits(model.context_length()) << " tokens (weights sha256 "
                        << EscapeLine(model.weights_sha256()) << ")\n";
  return absl::OkStatus();
}

Cell RemoteCell(const v1::ModelSpec& model) {
  if (!model.has_remote()) return Cell(Json());
  const absl::StatusOr<RemoteEndpoint> endpoint = FromProto(model.remote());
  return Cell(endpoint.ok() ? Json::parse(RemoteEndpointToJson(*endpoint)) : Json());
}

// By name, what is known of models beside their files.
absl::StatusOr<std::map<std::string, ModelFacts>> FetchFacts(Service& service) {
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListModelFactsResponse response,
      service.Call(&v1::EvaluationService::Stub::ListModelFacts, v1::ListModelFactsRequest()));
  std::map<std::string, ModelFacts> facts;
  for (const v1::ModelFacts& proto : response.facts()) {
    ASSAY_ASSIGN_OR_RETURN(facts[proto.name()], FromProto(proto));
  }
  return facts;
}

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(auto facts, FetchFacts(service));
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListModelsResponse response,
      service.Call(&v1::EvaluationService::Stub::ListModels, v1::ListModelsRequest()));
  auto writer = RecordWriter::Create(format, "models",
                                     {{"name", "name"},
                                      {"architecture", "architecture"},
                                      {"foundation", "foundation"},
                                      {"method", "method"},
                                      {"parameters", "parameters", Align::kRight},
                                      {"stored_type", "type"},
                                      {"context_length", "context", Align::kRight},
                                      {"vocabulary_size", "vocabulary", Align::kRight},
                                      {"format", "format"},
                                      {"weights_sha256", "weights"},
                                      {"tokenizer_sha256", ""},
                                      {"characters_per_token", ""},
                                      {"remote", ""},
                                      {"path", "path"}},
                                     *context.console);
  for (const v1::ModelSpec& model : response.models()) {
    writer->Add(
        {model.name(), model.architecture(), facts[model.name()].foundation,
         std::string(TrainingMethodName(facts[model.name()].method)),
         Cell(model.parameters(), HumanCount(static_cast<double>(model.parameters()))),
         model.stored_type(), model.context_length(), model.vocabulary_size(), model.format(),
         Cell(model.weights_sha256(), model.weights_sha256().substr(0, 12)),
         model.tokenizer_sha256(), model.characters_per_token(), RemoteCell(model),
         Cell(model.path(), model.has_remote() ? DescribeRemoteModel(model) : model.path())});
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddModelCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("model", "Register models and list them");
  group->require_subcommand(1);

  CLI::App* add = group->add_subcommand(
      "add", "Check a model's files and register it, or register one behind an endpoint");
  auto options = std::make_shared<AddOptions>();
  add->add_option("name", options->name, "The model's name here: letters, digits, . _ -")
      ->required();
  add->add_option("path", options->path, "A Hugging Face folder or a GGUF file, as workers see it");
  AddRemoteModelOptions(add, &options->remote);
  add->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Add(context, *options));
    };
  });

  CLI::App* list = group->add_subcommand("list", "List the models");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });

  AddModelFactsCommands(*group, context);
}

}  // namespace assay
