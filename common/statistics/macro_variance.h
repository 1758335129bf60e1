// Internal to the statistics: how the variances of groups become that of the mean of their means.
#ifndef ASSAY_COMMON_STATISTICS_MACRO_VARIANCE_H_
#define ASSAY_COMMON_STATISTICS_MACRO_VARIANCE_H_

#include "common/statistics/estimate.h"

namespace assay {

// The variance of the mean of some scores, and the degrees of freedom that it was estimated with.
struct MeanVariance {
  double mean = 0;
  double variance = 0;
  double df = 0;  // 0: the variance is not known
};

// The mean, its standard error and Student's interval; the latter two undefined for df = 0.
Estimate ToEstimate(int64_t n, const MeanVariance& mean, double confidence);

// Groups of the same weight. The degrees of freedom are Welch and Satterthwaite's.
class MacroVariance {
 public:
  void Add(const MeanVariance& group);
  // Of at least one group.
  MeanVariance Get() const;

 private:
  double groups_ = 0;
  double means_ = 0;
  double variances_ = 0;
  double squares_by_df_ = 0;
  bool is_known_ = false;
};

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_MACRO_VARIANCE_H_
