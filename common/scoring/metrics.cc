#include "common/scoring/metrics.h"

#include <cmath>
#include <map>

namespace assay {
namespace {

constexpr char kAccuracy[] = "accuracy";

void Add(const GroupCount& count, GroupCount* sum) {
  sum->items += count.items;
  sum->correct += count.correct;
  sum->errors += count.errors;
}

// The mean over the items of `count`, of which there is at least one.
Metric MicroAverage(const GroupCount& count) {
  const double items = static_cast<double>(count.items);
  const double mean = static_cast<double>(count.correct) / items;
  const double error = count.items < 2 ? 0 : std::sqrt(mean * (1 - mean) / (items - 1));
  return {kAccuracy, count.group, mean, error, count.items, count.errors};
}

// The mean over `groups`, of which there is at least one; `sum` has their counts.
Metric MacroAverage(const GroupCount& sum, const std::vector<Metric>& groups) {
  const double size = static_cast<double>(groups.size());
  double sum_of_means = 0;
  double squared_error = 0;
  for (const Metric& group : groups) {
    sum_of_means += group.value;
    squared_error += group.standard_error * group.standard_error;
  }
  return {kAccuracy, sum.group, sum_of_means / size, std::sqrt(squared_error) / size,
          sum.items, sum.errors};
}

}  // namespace

std::vector<Metric> ComputeMetrics(const Benchmark& benchmark, const ProtocolSpec& protocol,
                                   absl::Span<const GroupCount> groups) {
  GroupCount all;
  std::vector<Metric> of_groups;
  std::map<std::string, GroupCount> parents;
  for (const GroupCount& count : groups) {
    if (count.items == 0) continue;
    Add(count, &all);
    of_groups.push_back(MicroAverage(count));
    for (const std::string& name : benchmark.ParentGroups(count.group)) {
      GroupCount& parent = parents[name];
      parent.group = name;
      Add(count, &parent);
    }
  }
  if (of_groups.empty()) return {};

  std::vector<Metric> metrics;
  metrics.push_back(protocol.averaging == Averaging::kMacro ? MacroAverage(all, of_groups)
                                                            : MicroAverage(all));
  metrics.insert(metrics.end(), of_groups.begin(), of_groups.end());
  for (const auto& [name, count] : parents) metrics.push_back(MicroAverage(count));
  return metrics;
}

}  // namespace assay
