// How far raters of the same things agree: judges among each other, and people.
#ifndef ASSAY_COMMON_STATISTICS_JUDGE_AGREEMENT_H_
#define ASSAY_COMMON_STATISTICS_JUDGE_AGREEMENT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "common/statistics/agreement.h"
#include "common/statistics/bootstrap.h"
#include "common/statistics/rank_correlation.h"

namespace assay {

// A correlation with its bootstrap interval.
struct CorrelationEstimate {
  Correlation correlation;
  Interval interval;  // percentile
};

// Two raters, on the units that both have rated.
struct PairAgreement {
  size_t first = 0;  // places among the raters
  size_t second = 0;
  int64_t n = 0;                   // units
  double equal = kUndefined;       // share of units with the same rating
  double difference = kUndefined;  // mean of the first's rating less the second's
  CorrelationEstimate spearman;
  CorrelationEstimate kendall;
};

struct JudgeAgreement {
  int64_t units = 0;          // that at least two have rated
  double alpha = kUndefined;  // Krippendorff's, ordinal
  Interval alpha_interval;    // percentile
  std::vector<PairAgreement> pairs;
};

// Of all raters together and of each pair. cluster[u] names what unit u hangs together with, from 0
// on without a gap; the bootstrap draws whole clusters. Resamples that leave a number undefined are
// left out of its interval, which is undefined when half of them are.
JudgeAgreement MeasureAgreement(const Ratings& ratings, absl::Span<const int32_t> cluster,
                                const BootstrapOptions& options);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_JUDGE_AGREEMENT_H_
