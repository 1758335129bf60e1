// `assay model list`: the models that are registered, and those that are known.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/known_models.h"
#include "client/commands/remote_model_options.h"
#include "client/output/text.h"
#include "client/registry/model_files.h"
#include "common/base/status_macros.h"
#include "common/huggingface/hub_cache.h"
#include "common/leaderboard/table.h"
#include "common/remote/remote_model.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

struct ListOptions {
  bool known = false;
  std::string state;  // empty: any
  std::string family;
  std::string foundation;
  std::string method;
};

constexpr char kRegistered[] = "registered";
constexpr char kOnDisk[] = "on-disk";         // whole, in this machine's cache
constexpr char kIncomplete[] = "incomplete";  // there, without some of its files
constexpr char kMissing[] = "missing";

// A row: a registered model, or one that is known only.
struct Listed {
  std::string state;
  ModelFacts facts;  // of a registered one, its name at least
  v1::ModelSpec model;
  std::string path;
};

Cell RemoteCell(const v1::ModelSpec& model) {
  if (!model.has_remote()) return Cell(Json());
  const absl::StatusOr<RemoteEndpoint> endpoint = FromProto(model.remote());
  return Cell(endpoint.ok() ? Json::parse(RemoteEndpointToJson(*endpoint)) : Json());
}

void FindFiles(const std::string& cache, Listed* listed) {
  listed->state = kMissing;
  if (listed->facts.source.empty()) return;
  const absl::StatusOr<std::string> folder = FindHubSnapshot(cache, listed->facts.source);
  if (!folder.ok()) return;
  listed->state = CheckModelFiles(*folder).missing.empty() ? kOnDisk : kIncomplete;
  listed->path = *folder;
}

bool Matches(const ListOptions& options, const Listed& listed) {
  const auto matches = [](const std::string& wanted, absl::string_view value) {
    return wanted.empty() || absl::EqualsIgnoreCase(wanted, value);
  };
  return matches(options.state, listed.state) &&
         (matches(options.family, listed.facts.family) ||
          matches(options.family, listed.model.architecture())) &&
         matches(options.foundation, listed.facts.foundation) &&
         matches(options.method, TrainingMethodName(listed.facts.method));
}

std::vector<Listed> Registered(const v1::ListModelsResponse& models,
                               const std::vector<ModelFacts>& stored) {
  std::map<std::string, const ModelFacts*> facts;
  for (const ModelFacts& model : stored) facts[model.name] = &model;
  std::vector<Listed> all;
  for (const v1::ModelSpec& model : models.models()) {
    Listed& listed = all.emplace_back();
    listed.state = kRegistered;
    listed.model = model;
    listed.path = model.path();
    if (facts.contains(model.name())) listed.facts = *facts[model.name()];
    listed.facts.name = model.name();
  }
  return all;
}

// Without those that are registered, under whatever name.
std::vector<Listed> KnownOnly(const std::vector<Listed>& registered,
                              std::vector<ModelFacts> known) {
  std::set<std::string> taken;
  for (const Listed& listed : registered) {
    taken.insert(listed.facts.name);
    if (!listed.facts.source.empty()) taken.insert(listed.facts.source);
    if (const std::string id = HubIdOfSnapshot(listed.path); !id.empty()) taken.insert(id);
  }
  const std::string cache = HubCacheFolder(ProcessEnvironment());
  std::vector<Listed> all;
  for (ModelFacts& facts : known) {
    if (taken.contains(facts.name) || taken.contains(facts.source)) continue;
    Listed& listed = all.emplace_back();
    listed.facts = std::move(facts);
    FindFiles(cache, &listed);
  }
  std::stable_sort(all.begin(), all.end(), [](const Listed& a, const Listed& b) {
    return (a.state != kMissing) > (b.state != kMissing);
  });
  return all;
}

Cell CountCell(int64_t count) {
  return Cell(count == 0 ? Json() : Json(count), count == 0 ? "" : GroupedDigits(count));
}

void AddRow(const Listed& listed, RecordWriter& writer) {
  const v1::ModelSpec& model = listed.model;
  const bool registered = listed.state == kRegistered;
  const int64_t parameters = registered ? model.parameters() : listed.facts.parameters;
  writer.Add({listed.facts.name, listed.state, listed.facts.family, model.architecture(),
              listed.facts.foundation, std::string(TrainingMethodName(listed.facts.method)),
              Cell(registered || parameters > 0 ? Json(parameters) : Json(),
                   registered ? HumanCount(static_cast<double>(parameters)) : SizeName(parameters)),
              model.stored_type(), CountCell(model.context_length()),
              CountCell(model.vocabulary_size()), model.format(),
              Cell(model.weights_sha256(), model.weights_sha256().substr(0, 12)),
              model.tokenizer_sha256(),
              registered ? Cell(model.characters_per_token()) : Cell(Json()), RemoteCell(model),
              Cell(listed.path, model.has_remote() ? DescribeRemoteModel(model) : listed.path),
              listed.facts.source});
}

absl::Status List(const CommandContext& context, const ListOptions& options, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ModelFacts> stored, FetchFacts(service));
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListModelsResponse response,
      service.Call(&v1::EvaluationService::Stub::ListModels, v1::ListModelsRequest()));
  std::vector<Listed> all = Registered(response, stored);
  const bool known_too = options.known || (!options.state.empty() && options.state != kRegistered);
  if (known_too) {
    ASSAY_ASSIGN_OR_RETURN(std::vector<ModelFacts> known, FetchKnown(service));
    std::vector<Listed> others = KnownOnly(all, std::move(known));
    std::move(others.begin(), others.end(), std::back_inserter(all));
  }
  auto writer = RecordWriter::Create(format, "models",
                                     {{"name", "name"},
                                      {"state", known_too ? "state" : ""},
                                      {"family", known_too ? "family" : ""},
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
                                      {"path", "path"},
                                      {"source", ""}},
                                     *context.console);
  for (const Listed& listed : all) {
    if (Matches(options, listed)) AddRow(listed, *writer);
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddModelListCommand(CLI::App& model, CommandContext& context) {
  CLI::App* list = model.add_subcommand("list", "List the models that are registered");
  auto options = std::make_shared<ListOptions>();
  list->add_flag("--known", options->known,
                 "Those too that are only known, by the program's own list or `assay model facts`, "
                 "and whether this machine's Hugging Face cache has their files");
  list->add_option("--state", options->state, "Only models in this state")
      ->check(CLI::IsMember({kRegistered, kOnDisk, kIncomplete, kMissing}));
  list->add_option("--family", options->family, "Only models of this family or architecture: t5");
  list->add_option("--foundation", options->foundation,
                   "Only models that stand on this one: LLaMA");
  list->add_option("--method", options->method, "Only models that were trained so")
      ->check(CLI::IsMember({"pretrained", "supervised", "rlhf"}));
  auto format = AddFormatOption(list);
  list->callback([&context, options, format] {
    context.action = [&context, options, format] {
      return ExitCodeOf(*context.console, List(context, *options, *format));
    };
  });
}

}  // namespace assay
