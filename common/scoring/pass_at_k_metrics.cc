#include "common/scoring/pass_at_k_metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/scoring/pass_at_k.h"
#include "common/statistics/moments.h"
#include "common/statistics/proportion.h"

namespace assay {
namespace {

Estimate EstimateOf(const Moments& moments) {
  const double n = static_cast<double>(moments.n);
  if (moments.sum == 0) return EstimateProportion({0, moments.n});
  if (moments.sum == n) return EstimateProportion({moments.n, moments.n});
  return EstimateMean(moments);
}

Metric ToMetric(int64_t k, const std::string& group, const Moments& moments) {
  const Estimate estimate = EstimateOf(moments);
  const auto known = [](double value, double otherwise) {
    return std::isnan(value) ? otherwise : std::clamp(value, 0.0, 1.0);
  };
  Metric metric;
  metric.name = absl::StrCat("pass@", k);
  metric.group = group;
  metric.value = estimate.value;
  metric.standard_error = known(estimate.standard_error, 0);
  metric.items = moments.n;
  metric.low = known(estimate.interval.low, 0);
  metric.high = known(estimate.interval.high, 1);
  return metric;
}

}  // namespace

std::vector<Metric> PassAtKMetrics(absl::Span<const SampleCount> counts,
                                   absl::Span<const int64_t> ks) {
  std::vector<Metric> metrics;
  if (counts.empty()) return metrics;
  int64_t fewest = counts.front().samples;
  for (const SampleCount& count : counts) fewest = std::min(fewest, count.samples);
  for (const int64_t k : std::set<int64_t>(ks.begin(), ks.end())) {
    if (k < 1 || k > fewest) continue;
    std::map<std::string, Moments> groups;  // "" is all of them, and comes first
    for (const SampleCount& count : counts) {
      const double value = PassAtK(count.samples, count.correct, k);
      const double items = static_cast<double>(count.items);
      for (const std::string& group : {std::string(), count.group}) {
        Moments& moments = groups[group];
        moments.n += count.items;
        moments.sum += items * value;
        moments.sum_of_squares += items * value * value;
      }
    }
    for (const auto& [group, moments] : groups) metrics.push_back(ToMetric(k, group, moments));
  }
  return metrics;
}

}  // namespace assay
