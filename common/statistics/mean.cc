#include "common/statistics/mean.h"

#include <map>
#include <utility>
#include <vector>

#include "common/statistics/macro_variance.h"

namespace assay {
namespace {

double Mean(absl::Span<const double> scores) {
  double sum = 0;
  for (const double score : scores) sum += score;
  return sum / static_cast<double>(scores.size());
}

// Of at least one score; without clusters each score is one.
MeanVariance ClusteredVariance(absl::Span<const double> scores, absl::Span<const int32_t> cluster) {
  MeanVariance result;
  result.mean = Mean(scores);
  double squares = 0;
  double clusters = 0;
  if (cluster.empty()) {
    for (const double score : scores) squares += (score - result.mean) * (score - result.mean);
    clusters = static_cast<double>(scores.size());
  } else {
    std::map<int32_t, double> deviations;
    for (size_t i = 0; i < scores.size(); ++i) deviations[cluster[i]] += scores[i] - result.mean;
    for (const auto& [name, deviation] : deviations) squares += deviation * deviation;
    clusters = static_cast<double>(deviations.size());
  }
  result.df = clusters - 1;
  if (result.df == 0) return result;
  const double n = static_cast<double>(scores.size());
  result.variance = clusters / result.df * squares / (n * n);
  return result;
}

}  // namespace

Estimate EstimateMean(absl::Span<const double> scores, double confidence) {
  return EstimateClusteredMean(scores, {}, confidence);
}

Estimate EstimateClusteredMean(absl::Span<const double> scores, absl::Span<const int32_t> cluster,
                               double confidence) {
  if (scores.empty()) return Estimate();
  return ToEstimate(static_cast<int64_t>(scores.size()), ClusteredVariance(scores, cluster),
                    confidence);
}

Estimate EstimateClusteredMacroMean(absl::Span<const double> scores,
                                    absl::Span<const int32_t> group,
                                    absl::Span<const int32_t> cluster, double confidence) {
  if (scores.empty()) return Estimate();
  std::map<int32_t, std::pair<std::vector<double>, std::vector<int32_t>>> groups;
  for (size_t i = 0; i < scores.size(); ++i) {
    auto& [own_scores, own_clusters] = groups[group[i]];
    own_scores.push_back(scores[i]);
    if (!cluster.empty()) own_clusters.push_back(cluster[i]);
  }
  MacroVariance macro;
  for (const auto& [name, own] : groups) macro.Add(ClusteredVariance(own.first, own.second));
  return ToEstimate(static_cast<int64_t>(scores.size()), macro.Get(), confidence);
}

}  // namespace assay
