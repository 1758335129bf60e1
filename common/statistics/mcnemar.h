// McNemar's test: two models' verdicts on the same items. Only the items that one of the two alone
// has right tell anything. (McNemar 1947; Edwards 1948 for the correction.)
#ifndef ASSAY_COMMON_STATISTICS_MCNEMAR_H_
#define ASSAY_COMMON_STATISTICS_MCNEMAR_H_

#include <cstdint>

namespace assay {

// Items that only the first, and only the second has right.
struct Discordant {
  int64_t first = 0;
  int64_t second = 0;
};

// Two-sided, exact: twice the smaller tail of Binomial(first + second, 1/2), at most 1. It is also
// the exact permutation test of the difference of the two means. O(first + second).
double McNemarExact(const Discordant& discordant);

// Two-sided, by chi-squared with correction for continuity: (|first - second| - 1)^2 / (first +
// second), and 0 where the two are equal (as R's mcnemar.test). 1 without discordant items.
double McNemarCorrected(const Discordant& discordant);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_MCNEMAR_H_
