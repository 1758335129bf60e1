// A straight line through points, by least squares.
#ifndef ASSAY_COMMON_STATISTICS_REGRESSION_H_
#define ASSAY_COMMON_STATISTICS_REGRESSION_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/statistics/estimate.h"

namespace assay {

struct LineFit {
  double intercept = kUndefined;
  Estimate slope;  // n: the points
};

// Ordinary least squares of y on x, which have the same length. The slope's standard error is that
// of independent errors of one size, its interval Student's with n - 2 degrees of freedom; both
// undefined for n < 3. Nothing is known where x does not vary. O(n).
LineFit FitLine(absl::Span<const double> x, absl::Span<const double> y,
                double confidence = kConfidence);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_REGRESSION_H_
