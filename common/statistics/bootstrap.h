// Bootstrap intervals of statistics that no formula fits.
#ifndef ASSAY_COMMON_STATISTICS_BOOTSTRAP_H_
#define ASSAY_COMMON_STATISTICS_BOOTSTRAP_H_

#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/types/span.h"
#include "common/statistics/estimate.h"

namespace assay {

struct BootstrapOptions {
  int resamples = 10000;  // at least 2
  double confidence = kConfidence;
  uint64_t seed = 1;
};

// The statistic of a sample in which item i occurs weights[i] times.
using WeightedStatistic = absl::FunctionRef<double(absl::Span<const int32_t> weights)>;

struct BootstrapResult {
  double value = kUndefined;           // of the sample itself
  double standard_error = kUndefined;  // standard deviation of the resamples
  Interval percentile;
  // Bias-corrected and accelerated (Efron 1987; DiCiccio and Efron 1996, section 2), with the
  // jackknife's acceleration and ties with the value counted by half. Undefined where the value is
  // beyond every resample or the jackknife does not vary.
  Interval bca;
};

// Resamples `items` items with replacement. resamples + items calls of the statistic; each resample
// is `items` draws of Random(seed).Below(items), in order. Undefined for no items.
BootstrapResult Bootstrap(int64_t items, WeightedStatistic statistic,
                          const BootstrapOptions& options);

// Resamples whole clusters: cluster[i] is the cluster of item i, one of 0, 1, ... without a gap.
BootstrapResult ClusteredBootstrap(absl::Span<const int32_t> cluster, WeightedStatistic statistic,
                                   const BootstrapOptions& options);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_BOOTSTRAP_H_
