#include "common/statistics/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "common/statistics/distributions.h"
#include "common/statistics/mean.h"
#include "common/statistics/quantile.h"
#include "common/statistics/random.h"

namespace assay {
namespace {

// The skewness of the jackknife's values, over 6.
double Acceleration(absl::Span<const double> jackknife) {
  const double n = static_cast<double>(jackknife.size());
  const double mean = std::accumulate(jackknife.begin(), jackknife.end(), 0.0) / n;
  double squares = 0;
  double cubes = 0;
  for (const double value : jackknife) {
    const double deviation = mean - value;
    squares += deviation * deviation;
    cubes += deviation * deviation * deviation;
  }
  return cubes / (6 * std::sqrt(squares) * squares);
}

Interval BcaInterval(double value, absl::Span<const double> jackknife, double confidence,
                     std::vector<double>& resampled) {
  double below = 0;
  for (const double other : resampled) below += other < value ? 1 : other == value ? 0.5 : 0;
  const double bias = NormalQuantile(below / static_cast<double>(resampled.size()));
  const double acceleration = Acceleration(jackknife);
  const auto limit = [&](double z) {
    const double shifted = bias + z;
    const double fraction = NormalCdf(bias + shifted / (1 - acceleration * shifted));
    return std::isnan(fraction) ? kUndefined : Quantile(fraction, resampled);
  };
  const double z = NormalQuantile(0.5 + confidence / 2);
  const double low = limit(-z);
  return {low, limit(z)};
}

}  // namespace

BootstrapResult ClusteredBootstrap(absl::Span<const int32_t> cluster, WeightedStatistic statistic,
                                   const BootstrapOptions& options) {
  BootstrapResult result;
  if (cluster.empty()) return result;
  const int32_t clusters = *std::max_element(cluster.begin(), cluster.end()) + 1;
  std::vector<int32_t> of_clusters(clusters, 1);
  std::vector<int32_t> weights(cluster.size());
  const auto evaluate = [&] {
    for (size_t i = 0; i < cluster.size(); ++i) weights[i] = of_clusters[cluster[i]];
    return statistic(weights);
  };
  result.value = evaluate();

  Random random(options.seed);
  std::vector<double> resampled;
  for (int i = 0; i < options.resamples; ++i) {
    std::fill(of_clusters.begin(), of_clusters.end(), 0);
    for (int32_t draw = 0; draw < clusters; ++draw) ++of_clusters[random.Below(clusters)];
    resampled.push_back(evaluate());
  }
  std::vector<double> jackknife;
  std::fill(of_clusters.begin(), of_clusters.end(), 1);
  for (int32_t left_out = 0; clusters > 1 && left_out < clusters; ++left_out) {
    of_clusters[left_out] = 0;
    jackknife.push_back(evaluate());
    of_clusters[left_out] = 1;
  }

  const double root = std::sqrt(static_cast<double>(resampled.size()));
  result.standard_error = EstimateMean(resampled).standard_error * root;
  result.percentile = CentralInterval(options.confidence, resampled);
  if (clusters > 1) {
    result.bca = BcaInterval(result.value, jackknife, options.confidence, resampled);
  }
  return result;
}

BootstrapResult Bootstrap(int64_t items, WeightedStatistic statistic,
                          const BootstrapOptions& options) {
  std::vector<int32_t> cluster(items);
  std::iota(cluster.begin(), cluster.end(), 0);
  return ClusteredBootstrap(cluster, statistic, options);
}

}  // namespace assay
