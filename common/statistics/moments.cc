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

}  // namespace

Estimate EstimateMean(const Moments& moments, double confidence) {
  if (moments.n == 0) return Estimate();
  return ToEstimate(moments.n, VarianceOf(moments), confidence);
}

Estimate EstimateMacroMean(absl::Span<const Moments> groups, double confidence) {
  int64_t n = 0;
  MacroVariance macro;
  for (const Moments& group : groups) {
    if (group.n == 0) continue;
    n += group.n;
    macro.Add(VarianceOf(group));
  }
  return n == 0 ? Estimate() : ToEstimate(n, macro.Get(), confidence);
}

}  // namespace assay
