#include "common/statistics/macro_variance.h"

#include <cmath>

#include "common/statistics/distributions.h"

namespace assay {

Estimate ToEstimate(int64_t n, const MeanVariance& mean, double confidence) {
  Estimate estimate;
  estimate.n = n;
  estimate.value = mean.mean;
  if (mean.df == 0) return estimate;
  estimate.standard_error = std::sqrt(mean.variance);
  const double half =
      mean.variance == 0 ? 0 : StudentCritical(1 - confidence, mean.df) * estimate.standard_error;
  estimate.interval = {estimate.value - half, estimate.value + half};
  return estimate;
}

void MacroVariance::Add(const MeanVariance& group) {
  ++groups_;
  means_ += group.mean;
  if (group.df == 0) return;
  is_known_ = true;
  variances_ += group.variance;
  squares_by_df_ += group.variance * group.variance / group.df;
}

MeanVariance MacroVariance::Get() const {
  // Where every variance is 0 the degrees of freedom do not matter.
  const double df = !is_known_ ? 0 : variances_ == 0 ? 1 : variances_ * variances_ / squares_by_df_;
  return {means_ / groups_, variances_ / (groups_ * groups_), df};
}

}  // namespace assay
