// The share of right answers: of all items, and as the mean over groups. O(number of groups).
#ifndef ASSAY_COMMON_STATISTICS_PROPORTION_H_
#define ASSAY_COMMON_STATISTICS_PROPORTION_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/statistics/estimate.h"

namespace assay {

struct Count {
  int64_t successes = 0;
  int64_t n = 0;
};

// successes / n. Standard error: of the sample variance, sqrt(p (1 - p) / (n - 1)), undefined for
// n < 2. Interval: Wilson's score interval (Wilson 1927; Brown, Cai and DasGupta 2001), without
// correction for continuity. For n = 0 nothing is known: no value, and the interval [0, 1].
Estimate EstimateProportion(const Count& count, double confidence = kConfidence);

// The mean of the groups' proportions, each group of the same weight; groups without an observation
// are left out. The groups are fixed, their items are the sample. Standard error: the root of the
// sum of the groups' squared ones over the number of groups; a group of one observation adds none,
// and with such groups only it is undefined.
// Interval: the method of variance estimates recovery (Zou and Donner 2008, "Construction of
// confidence limits about effect measures") on the groups' Wilson intervals. It is Wilson's own for
// one group, and has a width also where every answer of a group is right.
Estimate EstimateMacroProportion(absl::Span<const Count> groups, double confidence = kConfidence);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_PROPORTION_H_
