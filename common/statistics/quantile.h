// Quantiles of a sample.
#ifndef ASSAY_COMMON_STATISTICS_QUANTILE_H_
#define ASSAY_COMMON_STATISTICS_QUANTILE_H_

#include <vector>

#include "common/statistics/estimate.h"

namespace assay {

// The quantile at `fraction` in [0, 1], interpolated linearly between order statistics (type 7 of
// Hyndman and Fan 1996, numpy's default). Reorders `values`, of which there is at least one. O(n).
double Quantile(double fraction, std::vector<double>& values);

// The quantiles that leave out the same share on both sides.
Interval CentralInterval(double confidence, std::vector<double>& values);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_QUANTILE_H_
