#include "common/scoring/pass_at_k.h"

namespace assay {

double PassAtK(int64_t n, int64_t c, int64_t k) {
  if (n - c < k) return 1;
  // C(n - c, k) / C(n, k), factor by factor, so that nothing overflows.
  double all_wrong = 1;
  for (int64_t i = n - c + 1; i <= n; ++i) {
    all_wrong *= 1 - static_cast<double>(k) / static_cast<double>(i);
  }
  return 1 - all_wrong;
}

}  // namespace assay
