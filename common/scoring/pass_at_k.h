// How likely it is that one of k samples solves a problem.
#ifndef ASSAY_COMMON_SCORING_PASS_AT_K_H_
#define ASSAY_COMMON_SCORING_PASS_AT_K_H_

#include <cstdint>

namespace assay {

// The unbiased estimate from n samples of which c are correct (Chen et al., 2021, equation 1):
// 1 - C(n - c, k) / C(n, k). 0 <= c <= n and 1 <= k <= n.
double PassAtK(int64_t n, int64_t c, int64_t k);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_PASS_AT_K_H_
