#include "common/statistics/mean.h"

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "common/statistics/distributions.h"

namespace assay {
namespace {

double Mean(absl::Span<const double> scores) {
  double sum = 0;
  for (const double score : scores) sum += score;
  return sum / static_cast<double>(scores.size());
}

void SetInterval(double df, double confidence, Estimate& estimate) {
  const double half = estimate.standard_error == 0
                          ? 0
                          : StudentCritical(1 - confidence, df) * estimate.standard_error;
  estimate.interval = {estimate.value - half, estimate.value + half};
}

// The variance of the mean of some scores, and the degrees of freedom that it has.
struct Variance {
  double mean = 0;
  double variance = 0;
  double df = 0;  // 0: the variance is not known
};

// Of at least one score; without clusters each score is one.
Variance ClusteredVariance(absl::Span<const double> scores, absl::Span<const int32_t> cluster) {
  Variance result;
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
  Estimate estimate;
  estimate.n = static_cast<int64_t>(scores.size());
  if (scores.empty()) return estimate;
  const Variance variance = ClusteredVariance(scores, cluster);
  estimate.value = variance.mean;
  if (variance.df == 0) return estimate;
  estimate.standard_error = std::sqrt(variance.variance);
  SetInterval(variance.df, confidence, estimate);
  return estimate;
}

Estimate EstimateClusteredMacroMean(absl::Span<const double> scores,
                                    absl::Span<const int32_t> group,
                                    absl::Span<const int32_t> cluster, double confidence) {
  Estimate estimate;
  estimate.n = static_cast<int64_t>(scores.size());
  if (scores.empty()) return estimate;
  std::map<int32_t, std::pair<std::vector<double>, std::vector<int32_t>>> groups;
  for (size_t i = 0; i < scores.size(); ++i) {
    auto& [own_scores, own_clusters] = groups[group[i]];
    own_scores.push_back(scores[i]);
    if (!cluster.empty()) own_clusters.push_back(cluster[i]);
  }
  double means = 0;
  double variances = 0;
  double variances_by_df = 0;
  bool is_known = false;
  for (const auto& [name, own] : groups) {
    const Variance variance = ClusteredVariance(own.first, own.second);
    means += variance.mean;
    if (variance.df == 0) continue;
    is_known = true;
    variances += variance.variance;
    variances_by_df += variance.variance * variance.variance / variance.df;
  }
  const double size = static_cast<double>(groups.size());
  estimate.value = means / size;
  if (!is_known) return estimate;
  estimate.standard_error = std::sqrt(variances) / size;
  // Where every variance is 0 the degrees of freedom do not matter.
  const double df = variances == 0 ? 1 : variances * variances / variances_by_df;
  SetInterval(df, confidence, estimate);
  return estimate;
}

}  // namespace assay
