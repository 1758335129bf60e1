// Holm's correction of p-values for several tests (Holm 1979).
#ifndef ASSAY_COMMON_STATISTICS_HOLM_H_
#define ASSAY_COMMON_STATISTICS_HOLM_H_

#include <vector>

#include "absl/types/span.h"

namespace assay {

// The adjusted p-values, in the order of `p_values`: a test is significant at a level for all tests
// together where its adjusted value is below the level. Undefined (NaN) values stay, and are not
// counted as tests. O(n log n).
std::vector<double> AdjustHolm(absl::Span<const double> p_values);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_HOLM_H_
