// Means of scores of which only the sums are kept, as they are folded up commit by commit.
#ifndef ASSAY_COMMON_STATISTICS_MOMENTS_H_
#define ASSAY_COMMON_STATISTICS_MOMENTS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/statistics/estimate.h"

namespace assay {

struct Moments {
  int64_t n = 0;
  double sum = 0;
  double sum_of_squares = 0;
};

// As EstimateMean (mean.h) of the scores. Sums of squares lose digits where the scores hardly vary:
// for scores in [0, 1] the standard error is good to about 1e-8.
Estimate EstimateMean(const Moments& moments, double confidence = kConfidence);

// Of scores that come in clusters. With n the scores of a cluster and s their sum, the sums over
// the clusters:
struct ClusteredMoments {
  int64_t n = 0;
  double sum = 0;
  int64_t clusters = 0;
  double n_n = 0;  // of n * n
  double n_s = 0;  // of n * s
  double s_s = 0;  // of s * s
};

// As EstimateClusteredMean (mean.h) of the scores, with the same loss of digits as above.
Estimate EstimateClusteredMean(const ClusteredMoments& moments, double confidence = kConfidence);

// As EstimateClusteredMacroMean of the scores; groups without a score are left out.
Estimate EstimateClusteredMacroMean(absl::Span<const ClusteredMoments> groups,
                                    double confidence = kConfidence);

// The mean of the groups' means, as EstimateClusteredMacroMean without clusters; groups without a
// score are left out.
Estimate EstimateMacroMean(absl::Span<const Moments> groups, double confidence = kConfidence);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_MOMENTS_H_
