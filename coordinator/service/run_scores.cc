#include "coordinator/service/run_scores.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/statistics/mean.h"

namespace assay {

namespace {

// The scores that a metric is the mean of.
struct Observations {
  std::vector<double> scores;
  std::vector<int32_t> group;
  std::vector<int32_t> cluster;
};

// Of the group of that name; of all where it is empty.
Observations Collect(const RunScores& scores, const std::string& group, bool of_values) {
  Observations found;
  for (const ItemScore& score : scores.scores) {
    if (!group.empty() && scores.groups[score.group] != group) continue;
    const double verdict = score.verdict == Verdict::kCorrect ? 1 : 0;
    found.scores.push_back(of_values ? score.value : verdict);
    found.group.push_back(score.group);
    found.cluster.push_back(score.cluster);
  }
  return found;
}

}  // namespace

absl::Status ClusterErrors(BenchmarkCatalog& catalog, const RunScores& scores,
                           v1::RunResult& result) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         catalog.ProtocolOf(scores.spec));
  for (v1::Metric& metric : *result.mutable_metrics()) {
    const bool of_values = metric.name() == protocol->value_metric;
    if (!of_values && metric.name() != protocol->verdict_metric) continue;
    const Observations found = Collect(scores, metric.group(), of_values);
    const bool macro = metric.group().empty() && protocol->averaging == Averaging::kMacro;
    const Estimate estimate =
        macro ? EstimateClusteredMacroMean(found.scores, found.group, found.cluster)
              : EstimateClusteredMean(found.scores, found.cluster);
    if (!(estimate.standard_error > 0)) continue;
    // Around the metric's own value: more may have been committed since it was read.
    const double half = estimate.interval.high - estimate.value;
    metric.set_standard_error(estimate.standard_error);
    metric.set_low(std::max(0.0, metric.value() - half));
    metric.set_high(std::min(1.0, metric.value() + half));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::GetRunScoresResponse> MakeRunScores(BenchmarkCatalog& catalog,
                                                       const RunScores& scores) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         catalog.ProtocolOf(scores.spec));
  v1::GetRunScoresResponse response;
  *response.mutable_spec() = ToProto(scores.spec);
  response.set_state(EnumToProto<v1::State>(scores.state));
  response.set_predictions(scores.predictions);
  response.set_grader(scores.grader);
  response.set_grader_version(scores.grader_version);
  response.set_metric(protocol->value_metric.empty() ? protocol->verdict_metric
                                                     : protocol->value_metric);
  response.set_macro_average(protocol->averaging == Averaging::kMacro);
  for (const std::string& group : scores.groups) response.add_groups(group);
  for (const ItemScore& score : scores.scores) {
    response.add_item_ordinal(score.ordinal);
    response.add_sample_index(score.sample_index);
    response.add_group(score.group);
    response.add_cluster(score.cluster);
    response.add_value(score.value);
    response.add_verdict(EnumToProto<v1::Verdict>(score.verdict));
  }
  return response;
}

}  // namespace assay
