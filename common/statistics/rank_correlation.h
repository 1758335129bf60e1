// Whether two lists of numbers order the same things alike: for scores against people's ratings.
// `x` and `y` have the same length; p-values are two-sided, of no association.
#ifndef ASSAY_COMMON_STATISTICS_RANK_CORRELATION_H_
#define ASSAY_COMMON_STATISTICS_RANK_CORRELATION_H_

#include <vector>

#include "absl/types/span.h"
#include "common/statistics/estimate.h"

namespace assay {

struct Correlation {
  double value = kUndefined;  // undefined where x or y does not vary
  double p_value = kUndefined;
  bool exact = false;  // the p-value is of the exact distribution
};

// Ranks from 1; equal values share the mean of theirs.
std::vector<double> AverageRanks(absl::Span<const double> values);

// Spearman's rho: Pearson's correlation of the average ranks. The p-value is asymptotic: Student's
// t with n - 2 degrees of freedom; undefined for n < 3. O(n log n).
Correlation Spearman(absl::Span<const double> x, absl::Span<const double> y);

// The interval of a Spearman's rho of n pairs by Fisher's transformation with the variance (1 +
// rho^2 / 2) / (n - 3) (Bonett and Wright 2000). Undefined for n < 5, and where |rho| is 1.
Interval SpearmanInterval(double rho, int64_t n, double confidence = kConfidence);

// Kendall's tau-b (Kendall 1945; Knight 1966 for the counting). The p-value is exact where there
// are no ties and n <= 33, or at most one pair is out of order (or in order); otherwise that of the
// normal distribution with the variance corrected for ties (Kendall 1970, "Rank Correlation
// Methods"). O(n log n).
Correlation KendallTauB(absl::Span<const double> x, absl::Span<const double> y);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_RANK_CORRELATION_H_
