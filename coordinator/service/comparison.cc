#include "coordinator/service/comparison.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/rpc/convert.h"
#include "common/statistics/comparison.h"
#include "common/statistics/holm.h"

namespace assay {
namespace {

constexpr int kMostRuns = 60;
constexpr int kMostResamples = 100'000;
// Of a group's own comparison: there may be a hundred of them.
constexpr int kGroupResamples = 1'000;

ComparisonOptions OptionsOf(const v1::CompareRunsRequest& request) {
  ComparisonOptions options;
  if (request.resamples() > 0) options.resamples = request.resamples();
  options.permutations = options.resamples;
  if (request.has_seed()) options.seed = request.seed();
  options.pairs = !request.ranks_only();
  return options;
}

v1::ComparedScore ToProto(const Estimate& estimate) {
  v1::ComparedScore score;
  score.set_value(estimate.value);
  score.set_standard_error(estimate.standard_error);
  score.set_low(estimate.interval.low);
  score.set_high(estimate.interval.high);
  return score;
}

v1::ComparedRunPair ToProto(const ComparedPair& pair, const RunGroup& runs) {
  v1::ComparedRunPair proto;
  proto.set_first(pair.first);
  proto.set_second(pair.second);
  *proto.mutable_difference() = ToProto(pair.difference);
  proto.set_bootstrap_low(pair.bootstrap.low);
  proto.set_bootstrap_high(pair.bootstrap.high);
  const std::optional<int64_t> changed =
      ChangedAnswers(runs, static_cast<size_t>(pair.first), static_cast<size_t>(pair.second));
  if (changed.has_value()) proto.set_changed(*changed);
  if (pair.discordant.has_value()) {
    proto.set_only_first(pair.discordant->first);
    proto.set_only_second(pair.discordant->second);
    proto.set_mcnemar_p(pair.mcnemar);
    proto.set_mcnemar_corrected_p(pair.mcnemar_corrected);
    proto.set_mcnemar_holm_p(pair.mcnemar_holm);
  }
  proto.set_permutation_p(pair.permutation.p_value);
  proto.set_permutation_exact(pair.permutation.exact);
  proto.set_permutation_holm_p(pair.permutation_holm);
  return proto;
}

// The runs' scores in these groups alone, as a mean over all of them.
RunGroup Within(const RunGroup& runs, const std::set<std::string>& groups) {
  RunGroup within;
  for (const v1::GetRunScoresResponse& run : runs) {
    v1::GetRunScoresResponse& part = within.emplace_back();
    *part.mutable_spec() = run.spec();
    *part.mutable_groups() = run.groups();
    for (int i = 0; i < run.item_ordinal_size(); ++i) {
      if (groups.count(run.groups(run.group(i))) == 0) continue;
      part.add_item_ordinal(run.item_ordinal(i));
      part.add_group(run.group(i));
      part.add_cluster(run.cluster(i));
      part.add_value(run.value(i));
    }
  }
  return within;
}

// The names of groups and of larger groups, with what each consists of; plain ones first.
std::vector<std::pair<std::string, std::set<std::string>>> GroupsOf(const RunGroup& runs,
                                                                    const Benchmark* benchmark) {
  std::vector<std::pair<std::string, std::set<std::string>>> groups;
  std::map<std::string, std::set<std::string>> parents;
  for (const std::string& group : runs.front().groups()) {
    groups.emplace_back(group, std::set<std::string>{group});
    if (benchmark == nullptr) continue;
    for (const std::string& parent : benchmark->ParentGroups(group)) parents[parent].insert(group);
  }
  groups.insert(groups.end(), parents.begin(), parents.end());
  return groups;
}

// "category" of "category:STEM"; empty of a plain group. Groups of a kind are corrected together.
std::string KindOf(const v1::ComparedGroup& group) {
  const std::vector<std::string> parts = absl::StrSplit(group.group(), absl::MaxSplits(':', 1));
  return parts.size() == 2 ? parts.front() : "";
}

void CorrectGroups(v1::CompareRunsResponse& response) {
  std::map<std::string, std::vector<int>> kinds;
  for (int i = 0; i < response.groups_size(); ++i) kinds[KindOf(response.groups(i))].push_back(i);
  for (const auto& [kind, places] : kinds) {
    std::vector<double> p_values;
    for (const int place : places) p_values.push_back(response.groups(place).permutation_p());
    const std::vector<double> corrected = AdjustHolm(p_values);
    for (size_t i = 0; i < places.size(); ++i) {
      response.mutable_groups(places[i])->set_holm_p(corrected[i]);
    }
  }
}

absl::Status AddGroups(const v1::CompareRunsRequest& request, const RunGroup& runs,
                       BenchmarkCatalog& catalog, v1::CompareRunsResponse& response) {
  ASSAY_ASSIGN_OR_RETURN(const RunSpec spec, FromProto(runs.front().spec()));
  // Of runs from elsewhere the benchmark may not be known; its groups are, all the same.
  const absl::StatusOr<std::shared_ptr<const Benchmark>> benchmark = catalog.Of(spec);
  ComparisonOptions options = OptionsOf(request);
  options.resamples = options.permutations = std::min(options.resamples, kGroupResamples);
  options.pairs = true;
  for (const auto& [name, groups] : GroupsOf(runs, benchmark.ok() ? benchmark->get() : nullptr)) {
    const absl::StatusOr<ScoreTable> table =
        MakeScoreTable(Within(runs, groups), /*only_common=*/true);
    if (!table.ok()) continue;  // none of its items is in all runs
    ASSAY_ASSIGN_OR_RETURN(const Comparison comparison, CompareModels(*table, options));
    v1::ComparedGroup* group = response.add_groups();
    group->set_group(name);
    group->set_items(table->items());
    for (const ComparedModel& model : comparison.models) {
      *group->add_scores() = ToProto(model.score);
    }
    const ComparedPair& pair = comparison.pairs.front();
    *group->mutable_difference() = ToProto(pair.difference);
    if (pair.discordant.has_value()) group->set_mcnemar_p(pair.mcnemar);
    group->set_permutation_p(pair.permutation.p_value);
  }
  CorrectGroups(response);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckComparison(const v1::CompareRunsRequest& request) {
  const std::set<int64_t> runs(request.run_ids().begin(), request.run_ids().end());
  if (request.run_ids_size() < 2 || request.run_ids_size() > kMostRuns) {
    return absl::InvalidArgumentError(absl::StrCat(
        "run_ids: from 2 to ", kMostRuns, " runs are compared, not ", request.run_ids_size()));
  }
  if (static_cast<int>(runs.size()) != request.run_ids_size()) {
    return absl::InvalidArgumentError("run_ids: a run is named twice");
  }
  if (request.resamples() < 0 || request.resamples() > kMostResamples) {
    return absl::InvalidArgumentError(
        absl::StrCat("resamples: must be between 0 and ", kMostResamples));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::CompareRunsResponse> CompareRunGroup(const v1::CompareRunsRequest& request,
                                                        const RunGroup& runs,
                                                        BenchmarkCatalog& catalog) {
  for (const v1::GetRunScoresResponse& run : runs) {
    if (run.spec().benchmark() == runs.front().spec().benchmark()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("run_ids: run ", runs.front().spec().run_id(), " is of ",
                     runs.front().spec().benchmark(), ", run ", run.spec().run_id(), " of ",
                     run.spec().benchmark(), "; only runs of one benchmark are compared"));
  }
  ASSAY_RETURN_IF_ERROR(CheckComparable(runs));
  ASSAY_ASSIGN_OR_RETURN(const ScoreTable table, MakeScoreTable(runs, request.only_common()));
  const ComparisonOptions options = OptionsOf(request);
  ASSAY_ASSIGN_OR_RETURN(const Comparison comparison, CompareModels(table, options));
  const v1::GetRunScoresResponse& first = runs.front();
  v1::CompareRunsResponse response;
  response.set_benchmark(first.spec().benchmark());
  response.set_dataset_name(first.spec().dataset_name());
  response.set_protocol(first.spec().settings().protocol());
  response.set_protocol_version(first.spec().settings().protocol_version());
  response.set_metric(first.metric());
  response.set_unit(first.unit());
  response.set_macro_average(first.macro_average());
  response.set_items(table.items());
  response.set_confidence(options.confidence);
  response.set_resamples(options.resamples);
  response.set_seed(options.seed);
  const std::vector<std::string> labels = RunLabels(runs);
  for (size_t i = 0; i < runs.size(); ++i) {
    const ComparedModel& model = comparison.models[i];
    v1::ComparedRun* added = response.add_models();
    *added->mutable_run() = runs[i].spec();
    added->set_label(labels[i]);
    *added->mutable_score() = ToProto(model.score);
    added->set_rank(model.rank);
    added->set_rank_best(model.ranks.best);
    added->set_rank_worst(model.ranks.worst);
  }
  for (const ComparedPair& pair : comparison.pairs) *response.add_pairs() = ToProto(pair, runs);
  if (request.groups()) ASSAY_RETURN_IF_ERROR(AddGroups(request, runs, catalog, response));
  return response;
}

}  // namespace assay
