#include "common/scoring/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/domain/rating.h"
#include "common/statistics/moments.h"
#include "common/statistics/proportion.h"

namespace assay {
namespace {

// Means that differ by less differ by rounding only.
constexpr double kRounding = 1e-12;

// A cluster lies within one group.
ClusterCount Sum(const ClusterCount& a, const ClusterCount& b) {
  return {a.clusters + b.clusters,   a.n_n + b.n_n,
          a.n_correct + b.n_correct, a.correct_correct + b.correct_correct,
          a.n_values + b.n_values,   a.values_values + b.values_values};
}

void Add(const GroupCount& count, GroupCount* sum) {
  sum->items += count.items;
  sum->correct += count.correct;
  sum->errors += count.errors;
  sum->unanswered += count.unanswered;
  sum->unparsable += count.unparsable;
  sum->values += count.values;
  sum->squared_values += count.squared_values;
  sum->clusters = Sum(sum->clusters, count.clusters);
}

// What is averaged.
struct Measure {
  std::string name;
  bool of_values;           // else of verdicts
  bool of_ratings = false;  // the values are ratings' places on their scale
};

// The items that have a rating. Each is one of its own: judges rate one answer to an item.
GroupCount RatedPart(GroupCount count) {
  count.items -= count.errors + count.unanswered + count.unparsable;
  count.clusters = {};
  return count;
}

// From shares of the scale to its numbers.
void PutOnRatingScale(const GroupCount& count, Metric& metric) {
  metric.unit = MetricUnit::kRating;
  metric.value = ShareToRating(metric.value);
  metric.standard_error *= kRatingRange;
  metric.low = ShareToRating(metric.low);
  metric.high = ShareToRating(metric.high);
  if (count.items == 0) return;
  const double n = static_cast<double>(count.items);
  const double mean = count.values / n;
  metric.deviation =
      kRatingRange * std::sqrt(std::max(0.0, count.squared_values / n - mean * mean));
}

Moments ToMoments(const GroupCount& count) {
  return {count.items, count.values, count.squared_values};
}

// Whether some items of the group hang together.
bool IsClustered(const GroupCount& count) {
  return count.clusters.clusters > 0 && count.clusters.clusters < count.items;
}

ClusteredMoments ToClusteredMoments(const Measure& measure, const GroupCount& count) {
  const ClusterCount& sums = count.clusters;
  if (measure.of_values) {
    return {count.items, count.values, sums.clusters, sums.n_n, sums.n_values, sums.values_values};
  }
  return {count.items,    static_cast<double>(count.correct),
          sums.clusters,  sums.n_n,
          sums.n_correct, sums.correct_correct};
}

// Scores lie between 0 and 1, so no interval leads out of there; it is all of it where nothing is
// known of the error.
Metric ToMetric(const Measure& measure, const GroupCount& count, const Estimate& estimate) {
  const auto known = [](double value, double otherwise) {
    return std::isnan(value) ? otherwise : std::clamp(value, 0.0, 1.0);
  };
  Metric metric = {measure.name,
                   count.group,
                   estimate.value,
                   known(estimate.standard_error, 0),
                   count.items,
                   count.errors,
                   count.unanswered,
                   count.unparsable,
                   known(estimate.interval.low, 0),
                   known(estimate.interval.high, 1)};
  if (measure.of_ratings) PutOnRatingScale(count, metric);
  return metric;
}

// The mean over the items of `count`, of which there is at least one, except of ratings.
Metric MicroAverage(const Measure& measure, const GroupCount& count) {
  if (IsClustered(count)) {
    const Estimate estimate = EstimateClusteredMean(ToClusteredMoments(measure, count));
    if (estimate.standard_error > 0) return ToMetric(measure, count, estimate);
    // Clusters that are all right or all wrong are verdicts, one each.
    const int64_t clusters = count.clusters.clusters;
    const double sum = measure.of_values ? count.values : static_cast<double>(count.correct);
    if (sum == 0) return ToMetric(measure, count, EstimateProportion({0, clusters}));
    if (sum == static_cast<double>(count.items)) {
      return ToMetric(measure, count, EstimateProportion({clusters, clusters}));
    }
  }
  if (!measure.of_values) {
    return ToMetric(measure, count, EstimateProportion({count.correct, count.items}));
  }
  // Values that are all 0 or all 1 have no variance, but no certainty either: they are verdicts.
  if (count.values == 0 || count.values == static_cast<double>(count.items)) {
    return ToMetric(measure, count,
                    EstimateProportion({count.values == 0 ? 0 : count.items, count.items}));
  }
  return ToMetric(measure, count, EstimateMean(ToMoments(count)));
}

// The mean over `groups`, of which there is at least one; `sum` has their counts.
Metric MacroAverage(const Measure& measure, const GroupCount& sum,
                    absl::Span<const GroupCount> groups) {
  if (std::any_of(groups.begin(), groups.end(), IsClustered)) {
    std::vector<ClusteredMoments> moments;
    for (const GroupCount& group : groups) moments.push_back(ToClusteredMoments(measure, group));
    const Estimate estimate = EstimateClusteredMacroMean(moments);
    if (estimate.standard_error > 0) return ToMetric(measure, sum, estimate);
  }
  std::vector<Count> verdicts;
  std::vector<Moments> values;
  for (const GroupCount& group : groups) {
    verdicts.push_back({group.correct, group.items});
    values.push_back(ToMoments(group));
  }
  return ToMetric(
      measure, sum,
      measure.of_values ? EstimateMacroMean(values) : EstimateMacroProportion(verdicts));
}

// All metrics of a measure, as the header says.
void AddMetrics(const Measure& measure, Averaging averaging, const GroupCount& all,
                absl::Span<const GroupCount> groups,
                const std::map<std::string, GroupCount>& parents, std::vector<Metric>& metrics) {
  const bool macro = averaging == Averaging::kMacro;
  const size_t overall = metrics.size();
  metrics.push_back(macro ? MacroAverage(measure, all, groups) : MicroAverage(measure, all));
  for (const GroupCount& count : groups) metrics.push_back(MicroAverage(measure, count));
  for (const auto& [name, count] : parents) metrics.push_back(MicroAverage(measure, count));
  const Measure other = {absl::StrCat(measure.name, macro ? "_micro" : "_macro"), measure.of_values,
                         measure.of_ratings};
  Metric otherwise = macro ? MicroAverage(other, all) : MacroAverage(other, all, groups);
  if (std::abs(otherwise.value - metrics[overall].value) > kRounding) {
    metrics.push_back(std::move(otherwise));
  }
}

}  // namespace

std::vector<Metric> ComputeMetrics(const Benchmark& benchmark, const ProtocolSpec& protocol,
                                   absl::Span<const GroupCount> groups) {
  GroupCount all;
  std::vector<GroupCount> with_items;
  std::map<std::string, GroupCount> parents;
  for (GroupCount count : groups) {
    if (count.items == 0) continue;
    if (!protocol.criterion.empty()) count = RatedPart(std::move(count));
    Add(count, &all);
    with_items.push_back(count);
    for (const std::string& name : benchmark.ParentGroups(count.group)) {
      GroupCount& parent = parents[name];
      parent.group = name;
      Add(count, &parent);
    }
  }
  if (with_items.empty()) return {};

  std::vector<Measure> measures;
  if (!protocol.value_metric.empty()) {
    measures.push_back({protocol.value_metric, true, !protocol.criterion.empty()});
  }
  if (!protocol.verdict_metric.empty()) measures.push_back({protocol.verdict_metric, false});
  std::vector<Metric> metrics;
  for (const Measure& measure : measures) {
    AddMetrics(measure, protocol.averaging, all, with_items, parents, metrics);
  }
  return metrics;
}

}  // namespace assay
