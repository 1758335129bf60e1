#include "common/statistics/moments.h"

#include <algorithm>

#include "common/statistics/macro_variance.h"

namespace assay {
namespace {

// Of at least one score.
MeanVariance VarianceOf(const Moments& moments) {
  const double n = static_cast<double>(moments.n);
  MeanVariance result;
  result.mean = moments.sum / n;
  result.df = n - 1;
  if (result.df == 0) return result;
  const double squares = moments.sum_of_squares / n - result.mean * result.mean;
  result.variance = std::max(squares, 0.0) / result.df;
  return result;
}

// Of at least one score.
MeanVariance VarianceOf(const ClusteredMoments& moments) {
  const double n = static_cast<double>(moments.n);
  const double clusters = static_cast<double>(moments.clusters);
  MeanVariance result;
  result.mean = moments.sum / n;
  result.df = clusters - 1;
  if (result.df == 0) return result;
  // The sum over the clusters of (s - n * mean)^2.
  const double squares =
      moments.s_s - 2 * result.mean * moments.n_s + result.mean * result.mean * moments.n_n;
  result.variance = clusters / result.df * std::max(squares, 0.0) / (n * n);
  return result;
}

template <typename Sums>
Estimate EstimateMacro(absl::Span<const Sums> groups, double confidence) {
  int64_t n = 0;
  MacroVariance macro;
  for (const Sums& group : groups) {
    if (group.n == 0) continue;
    n += group.n;
    macro.Add(VarianceOf(group));
  }
  return n == 0 ? Estimate() : ToEstimate(n, macro.Get(), confidence);
}

}  // namespace

Estimate EstimateMean(const Moments& moments, double confidence) {
  if (moments.n == 0) return Estimate();
  return ToEstimate(moments.n, VarianceOf(moments), confidence);
}

Estimate EstimateMacroMean(absl::Span<const Moments> groups, double confidence) {
  return EstimateMacro(groups, confidence);
}

Estimate EstimateClusteredMean(const ClusteredMoments& moments, double confidence) {
  if (moments.n == 0) return Estimate();
  return ToEstimate(moments.n, VarianceOf(moments), confidence);
}

Estimate EstimateClusteredMacroMean(absl::Span<const ClusteredMoments> groups, double confidence) {
  return EstimateMacro(groups, confidence);
}

}  // namespace assay
