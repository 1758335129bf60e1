#include "coordinator/planner/planner.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/benchmark/impact.h"
#include "common/benchmark/prompt_template.h"
#include "common/benchmark/utf8.h"
#include "common/remote/remote_model.h"
#include "common/scoring/grader_kind.h"
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

// What is asked of a dataset by one setting.
struct Selected {
  std::vector<int64_t> ordinals;
  int64_t characters = 0;           // of all prompts
  int64_t unshared_characters = 0;  // a group's few-shot examples counted once
  int64_t sent_characters = 0;      // to an endpoint, which is asked about each choice by itself
  std::string first_item_id;
  std::string first_prompt;
  std::vector<std::string> samples;  // whole prompts, of all groups
};

// The prompt as the plan shows it.
std::string InTemplate(const RunSettings& settings, std::string prompt) {
  switch (settings.prompt_template) {
    case PromptTemplate::kNone:
      return prompt;
    case PromptTemplate::kChat:
      return DescribeChatMessages(settings.system_prompt, prompt);
    case PromptTemplate::kAlpaca:
      return AlpacaPrompt(settings.system_prompt, prompt);
  }
  return prompt;
}

absl::StatusOr<Selected> SelectItems(const Benchmark& benchmark, const ProtocolSpec& protocol,
                                     const RunSettings& settings, const Dataset& dataset,
                                     int sample_prompts) {
  Selected selected;
  const auto groups = static_cast<int>(dataset.groups().size());
  const int samples_of_group = (sample_prompts + groups - 1) / std::max(1, groups);
  // Of each prompt, which shares its beginning with the others.
  const int64_t template_characters = CountCharacters(InTemplate(settings, ""));
  for (const std::string& group : dataset.groups()) {
    ASSAY_ASSIGN_OR_RETURN(Selection selection,
                           benchmark.Select(protocol, settings.shots, dataset.Group(group)));
    if (!protocol.criterion.empty()) {
      std::erase_if(selection.items,
                    [](const Item& item) { return item.fields.count(kAnswerField) == 0; });
    }
    size_t count = selection.items.size();
    if (settings.limit > 0) count = std::min<size_t>(count, settings.limit);
    int64_t shot_characters = 0;
    for (size_t i = 0; i < count; ++i) {
      const Item& item = selection.items[i];
      int64_t own = 0;
      for (int variant = 0; variant < protocol.variants; ++variant) {
        own += template_characters +
               CountCharacters(benchmark.RenderVariant(protocol, item, {}, variant));
      }
      if (i == 0) {
        std::string prompt = benchmark.RenderPrompt(protocol, item, selection.shots);
        shot_characters = (CountCharacters(prompt) -
                           CountCharacters(benchmark.RenderPrompt(protocol, item, {}))) *
                          protocol.variants;
        selected.unshared_characters += shot_characters;
        if (selected.first_item_id.empty()) {
          selected.first_item_id = item.id;
          selected.first_prompt = InTemplate(settings, std::move(prompt));
        }
      }
      if (static_cast<int>(i) < samples_of_group &&
          static_cast<int>(selected.samples.size()) < sample_prompts) {
        selected.samples.push_back(
            InTemplate(settings, benchmark.RenderPrompt(protocol, item, selection.shots)));
      }
      selected.characters += shot_characters + own;
      const auto questions = protocol.request_type == RequestType::kScoreChoices
                                 ? static_cast<int64_t>(item.choices.size())
                                 : 1;
      selected.sent_characters += questions * (shot_characters + own);
      selected.unshared_characters += own;
      selected.ordinals.push_back(item.ordinal);
    }
  }
  return selected;
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

RunCost CostOf(const Selected& selected, const ModelSpec& model, const ProtocolSpec& protocol,
               int samples, double characters_per_token) {
  const auto tokens = [characters_per_token](int64_t characters) {
    return static_cast<int64_t>(std::ceil(static_cast<double>(characters) / characters_per_token));
  };
  RunCost cost;
  // An item's samples share its prompt's computation, not its price.
  cost.prompt_tokens = tokens(selected.characters) * samples;
  cost.computed_tokens = tokens(selected.unshared_characters);
  if (model.remote.has_value()) {
    cost.prompt_tokens = cost.computed_tokens = tokens(selected.sent_characters) * samples;
  }
  cost.generated_tokens =
      static_cast<int64_t>(selected.ordinals.size()) * samples * protocol.max_output;
  return cost;
}

// What no endpoint can do is refused before one is asked.
absl::Status CheckRemote(const ModelSpec& model, const DatasetInfo& dataset,
                         const ProtocolSpec& protocol, const RunSettings& settings) {
  if (!model.remote.has_value()) return absl::OkStatus();
  const bool chat = model.remote->api == RemoteApi::kChat;
  if (chat && protocol.request_type == RequestType::kScoreChoices) {
    return absl::InvalidArgumentError(absl::StrCat(
        "protocol ", protocol.name, " of ", dataset.name, " compares the log-probabilities of ",
        "choices, and the chat API of model ", model.name, " gives none: such protocols need a ",
        "model added with --api completions whose endpoint echoes prompts with log-probabilities"));
  }
  if (!chat && settings.prompt_template == PromptTemplate::kChat) {
    return absl::InvalidArgumentError(absl::StrCat("the completions API of model ", model.name,
                                                   " applies no chat template; add ",
                                                   "the model under another name with --api chat"));
  }
  if (settings.bos != BosHandling::kDefault) {
    return absl::InvalidArgumentError(
        absl::StrCat("model ", model.name, " is behind an endpoint, which sees to the BOS itself"));
  }
  return absl::OkStatus();
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

// Neighbours stay together, so that a shard's prompts share what comes before the question.
std::vector<std::vector<int64_t>> CutIntoShards(const std::vector<int64_t>& ordinals,
                                                int64_t shard_items) {
  std::vector<std::vector<int64_t>> shards;
  for (size_t begin = 0; begin < ordinals.size(); begin += shard_items) {
    const size_t end = std::min(ordinals.size(), begin + static_cast<size_t>(shard_items));
    shards.emplace_back(ordinals.begin() + begin, ordinals.begin() + end);
  }
  return shards;
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
  ASSAY_ASSIGN_OR_RETURN(Selected selected, SelectItems(*benchmark, *protocol, spec.settings, *data,
                                                        request.estimate.sample_prompts));
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
