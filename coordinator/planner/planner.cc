#include "coordinator/planner/planner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/benchmark/impact.h"
#include "common/remote/remote_model.h"
#include "common/scoring/grader_kind.h"
#include "coordinator/planner/item_selection.h"
#include "coordinator/planner/manifest.h"
#include "coordinator/planner/settings_check.h"
#include "coordinator/reuse/reuse_key.h"

namespace assay {
namespace {

constexpr int64_t kMaxShardItems = 10000;
constexpr int kMaxShots = 1000;

absl::Status CheckRequest(const JobRequest& request) {
  if (request.models.empty()) return absl::InvalidArgumentError("no model is named");
  if (request.datasets.empty()) return absl::InvalidArgumentError("no benchmark is named");
  if (request.settings.shots < -1 || request.settings.shots > kMaxShots) {
    return absl::InvalidArgumentError(
        absl::StrCat("shots must be between 0 and ", kMaxShots, ", not ", request.settings.shots));
  }
  if (request.settings.limit < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("limit must not be negative: ", request.settings.limit));
  }
  // Predictions of one shard travel in one message.
  const int64_t most_items = kMaxShardItems / std::max(1, request.settings.sampling.samples);
  if (request.shard_items < 0 || request.shard_items > most_items) {
    return absl::InvalidArgumentError(absl::StrCat("shard_items must be between 0 and ", most_items,
                                                   ", not ", request.shard_items));
  }
  for (const auto* names : {&request.models, &request.datasets}) {
    std::set<std::string> seen;
    for (const std::string& name : *names) {
      if (!seen.insert(name).second) {
        return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is named twice"));
      }
    }
  }
  return absl::OkStatus();
}

double CharactersPerToken(const RunSpec& run, const ModelSpec& model,
                          const EstimateRequest& request) {
  for (const TokenRatio& ratio : request.ratios) {
    if (ratio.model == run.model_name && ratio.dataset == run.dataset_name &&
        ratio.protocol == run.settings.protocol && ratio.characters_per_token > 0) {
      return ratio.characters_per_token;
    }
  }
  return model.characters_per_token;
}

absl::StatusOr<std::shared_ptr<const Dataset>> WithAnswers(const Dataset& dataset,
                                                           const JudgedAnswers& judged) {
  std::vector<Item> items(dataset.items().begin(), dataset.items().end());
  for (Item& item : items) {
    const auto answer = judged.answers.find(item.ordinal);
    if (answer != judged.answers.end()) SetAnswer(answer->second, judged.rubric, item);
  }
  return Dataset::Create(std::move(items));
}

}  // namespace

absl::StatusOr<std::vector<PlannedRun>> Planner::Plan(const JobRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckRequest(request));
  std::vector<ModelSpec> models;
  for (const std::string& name : request.models) {
    ASSAY_ASSIGN_OR_RETURN(ModelSpec model, FindModel(name));
    models.push_back(std::move(model));
  }
  std::vector<DatasetInfo> datasets;
  for (const std::string& name : request.datasets) {
    ASSAY_ASSIGN_OR_RETURN(DatasetInfo dataset, FindDataset(name));
    datasets.push_back(std::move(dataset));
  }
  ASSAY_ASSIGN_OR_RETURN(const Costing costing, CostingFor(request.estimate));
  std::vector<PlannedRun> runs;
  for (const ModelSpec& model : models) {
    for (const DatasetInfo& dataset : datasets) {
      ASSAY_ASSIGN_OR_RETURN(PlannedRun run, PlanRun(model, dataset, request, costing));
      runs.push_back(std::move(run));
    }
  }
  return runs;
}

absl::StatusOr<ModelSpec> Planner::FindModel(const std::string& name) {
  ASSAY_ASSIGN_OR_RETURN(ModelSpec model, models_->Find(name));
  if (model.format != "imported") return model;
  return absl::InvalidArgumentError(
      absl::StrCat("of model \"", name,
                   "\" only imported results are here; add its weights under another name: assay "
                   "model add NAME PATH"));
}

absl::StatusOr<DatasetInfo> Planner::FindDataset(const std::string& name) {
  absl::StatusOr<DatasetInfo> dataset = datasets_->FindByName(name);
  if (!absl::IsNotFound(dataset.status())) return dataset;
  const absl::StatusOr<std::shared_ptr<const Benchmark>> benchmark = catalog_->Latest(name);
  if (benchmark.ok()) {
    return absl::NotFoundError(absl::StrCat(
        "benchmark \"", name, "\" has no data yet: assay dataset import ", name, " DIR"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<DatasetInfo> imported, datasets_->List());
  std::vector<std::string> names;
  for (const DatasetInfo& other : imported) names.push_back(other.name);
  return absl::NotFoundError(absl::StrCat(benchmark.status().message(), "; imported data sets: ",
                                          names.empty() ? "none" : absl::StrJoin(names, ", ")));
}

absl::StatusOr<PlannedRun> Planner::PlanRun(const ModelSpec& model, const DatasetInfo& dataset,
                                            const JobRequest& request, const Costing& costing,
                                            const JudgedAnswers* judged) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark,
                         catalog_->Latest(dataset.benchmark));
  const ProtocolSpec* protocol = &benchmark->protocols().front();
  if (!request.settings.protocol.empty()) {
    ASSAY_ASSIGN_OR_RETURN(protocol, benchmark->FindProtocol(request.settings.protocol));
  }
  if (dataset.reading_sha256 != benchmark->reading_sha256()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data set \"", dataset.name, "\" was read as another version of benchmark ",
        dataset.benchmark, " says; import it again: assay dataset import ", dataset.benchmark,
        " PATH", dataset.name == dataset.benchmark ? "" : absl::StrCat(" --name ", dataset.name)));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Grader> grader,
                         MakeGrader(GraderOf(*protocol)));
  ASSAY_RETURN_IF_ERROR(CheckRemote(model, dataset, *protocol, request.settings));

  PlannedRun planned;
  RunSpec& spec = planned.run.spec;
  spec.benchmark = dataset.benchmark;
  if (benchmark->source() != nullptr && !benchmark->source()->built_in) {
    spec.benchmark_sha256 = benchmark->source()->sha256;
  }
  spec.dataset_name = dataset.name;
  spec.dataset_sha256 = dataset.sha256;
  spec.model_name = model.name;
  spec.settings = request.settings;
  ResolveSettings(*protocol, &spec.settings);
  if (absl::Status fits = CheckSettings(*protocol, spec.settings); !fits.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(dataset.name, ": ", fits.message()));
  }
  // Whatever is sent as a message, the endpoint puts into its model's template.
  if (model.remote.has_value() && model.remote->api == RemoteApi::kChat &&
      spec.settings.prompt_template == PromptTemplate::kNone) {
    spec.settings.prompt_template = PromptTemplate::kChat;
  }

  ASSAY_ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> data,
                         cache_->Get(dataset.benchmark, dataset.sha256));
  if (judged != nullptr) {
    spec.judged_run = judged->run.run_id;
    spec.judged_model = judged->run.model_name;
    planned.run.rubric = judged->rubric;
    ASSAY_ASSIGN_OR_RETURN(data, WithAnswers(*data, *judged));
  } else if (!protocol->criterion.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("protocol ", protocol->name, " of ", dataset.name,
                     " rates the answers of another run; submit it by `assay judge`"));
  }
  ASSAY_ASSIGN_OR_RETURN(
      SelectedItems selected,
      SelectItems(*benchmark, *protocol, spec.settings, *data, request.estimate.sample_prompts));
  if (selected.ordinals.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("data set \"", dataset.name, "\" has no item to ask with ",
                     spec.settings.shots, " shots by protocol ", protocol->name));
  }
  planned.items = static_cast<int64_t>(selected.ordinals.size());
  planned.model = model;
  planned.sample_prompts = std::move(selected.samples);
  planned.cost = CostOf(selected, model, *protocol, spec.settings.sampling.samples,
                        CharactersPerToken(spec, model, request.estimate));
  planned.first_item_id = std::move(selected.first_item_id);
  planned.first_prompt = std::move(selected.first_prompt);

  if (model.remote.has_value()) {
    planned.price =
        RemoteCost(*model.remote, planned.cost.prompt_tokens, planned.cost.generated_tokens);
  }

  const auto connected = std::count_if(
      costing.workers.begin(), costing.workers.end(), [&model](const StoredWorker& worker) {
        return worker.connected &&
               (!model.remote.has_value() || !worker.worker.remote_engine.empty());
      });
  ASSAY_ASSIGN_OR_RETURN(const double speed, AddTime(model, costing, &planned));

  // What endpoints take is not known by how fast workers are.
  planned.run.may_cut = request.shard_items == 0 && !model.remote.has_value();
  const int64_t shard_items =
      request.shard_items > 0
          ? request.shard_items
          : ChooseShardItems({planned.items, planned.expected.work(), speed,
                              static_cast<int>(connected), spec.settings.sampling.samples,
                              planned.run.may_cut});
  planned.run.estimated_tokens = planned.expected.work();
  planned.run.reuse = request.reuse;
  planned.run.reuse_key = ReuseKey(spec, model);
  planned.run.manifest_json = MakeManifest(spec, model, *benchmark, *protocol, *grader);
  if (judged != nullptr) {
    planned.run.manifest_json =
        AddJudging(planned.run.manifest_json, protocol->criterion, judged->run, judged->rubric);
  }
  planned.run.shards = CutIntoShards(selected.ordinals, shard_items);
  planned.run.runs_programs = protocol->program != ProgramKind::kNone;
  return planned;
}

}  // namespace assay
