#include "common/statistics/regression.h"

#include <cmath>
#include <cstddef>
#include <numeric>

#include "common/statistics/distributions.h"

namespace assay {

LineFit FitLine(absl::Span<const double> x, absl::Span<const double> y, double confidence) {
  LineFit fit;
  fit.slope.n = static_cast<int64_t>(x.size());
  if (x.empty()) return fit;
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (!(xx > 0)) return fit;
  const double slope = xy / xx;
  fit.slope.value = slope;
  fit.intercept = mean_y - slope * mean_x;
  if (x.size() < 3) return fit;
  double residuals = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i] - fit.intercept - slope * x[i];
    residuals += residual * residual;
  }
  fit.slope.standard_error = std::sqrt(residuals / (n - 2) / xx);
  const double reach = StudentCritical(1 - confidence, n - 2) * fit.slope.standard_error;
  fit.slope.interval = {slope - reach, slope + reach};
  return fit;
}

}  // namespace assay
