// The paired permutation test: were the two models alike, every difference on an item could as well
// have had the other sign (Fisher 1935, "The Design of Experiments", section 21).
#ifndef ASSAY_COMMON_STATISTICS_SIGN_FLIP_H_
#define ASSAY_COMMON_STATISTICS_SIGN_FLIP_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/statistics/estimate.h"

namespace assay {

struct SignFlipOptions {
  int permutations = 10000;
  uint64_t seed = 1;
};

struct SignFlipResult {
  double p_value = kUndefined;  // two-sided; undefined without any difference given
  // Over all assignments of signs; otherwise over random ones, with p = (1 + as extreme) / (1 +
  // permutations) (Phipson and Smyth 2010).
  bool exact = false;
};

// `differences` are those of the units that are exchangeable: of items, or of clusters the sum,
// each times its weight in the statistic, which is the sum of all. Differences of the same size are
// treated together: exact where (m + 1) multiplied over the sizes, m the number of differences of a
// size, is at most 100,000 (any number of right and wrong answers with one weight; up to 16
// differences of any sizes). Otherwise a permutation takes one random word for each 64 of a size:
// Random(seed).Next(), sizes in rising order, the word of the last few cut to its low bits, each
// set bit a positive sign. Sums within 1e-12 of the observed one count as equal to it.
SignFlipResult SignFlipTest(absl::Span<const double> differences, const SignFlipOptions& options);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_SIGN_FLIP_H_
