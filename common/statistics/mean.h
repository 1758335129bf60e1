// Means of scores that are not only right or wrong, and of scores that hang together. O(n).
#ifndef ASSAY_COMMON_STATISTICS_MEAN_H_
#define ASSAY_COMMON_STATISTICS_MEAN_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/statistics/estimate.h"

namespace assay {

// The mean of independent scores. Standard error s / sqrt(n), interval by Student's t with n - 1
// degrees of freedom; both undefined for n < 2. The interval is not cut to the range of the scores.
Estimate EstimateMean(absl::Span<const double> scores, double confidence = kConfidence);

// The mean of scores that come in clusters: items that share a passage, samples of one problem.
// cluster[i] is any number that names the cluster of scores[i]. The variance is the cluster-robust
// one of a regression on a constant (Liang and Zeger 1986) with the correction G / (G - 1):
//   G / (G - 1) * sum over clusters of (sum of the cluster's deviations from the mean)^2 / n^2,
// and the interval is Student's with G - 1 degrees of freedom; undefined for one cluster. Without
// clusters (`cluster` empty) every score is one, and it is EstimateMean.
Estimate EstimateClusteredMean(absl::Span<const double> scores, absl::Span<const int32_t> cluster,
                               double confidence = kConfidence);

// The mean of the groups' means, each group of the same weight. The groups are fixed; the clusters
// of each group, which belong to it alone, are the sample. The squared standard error is the sum of
// the groups' squared ones (as above) over the squared number of groups; a group of one cluster
// adds none. Student's degrees of freedom: Welch and Satterthwaite's (Satterthwaite 1946).
Estimate EstimateClusteredMacroMean(absl::Span<const double> scores,
                                    absl::Span<const int32_t> group,
                                    absl::Span<const int32_t> cluster,
                                    double confidence = kConfidence);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_MEAN_H_
