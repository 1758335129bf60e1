// pass@k of runs that have several samples of an item.
#ifndef ASSAY_COMMON_SCORING_PASS_AT_K_METRICS_H_
#define ASSAY_COMMON_SCORING_PASS_AT_K_METRICS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "common/domain/sample_count.h"

namespace assay {

// For each k in order, once: "pass@<k>", the mean over the items of the unbiased estimate
// (pass_at_k.h), over all and of each group. A k that is larger than the samples of some item is
// left out. An item, with all its samples, is one observation: standard errors and Student's
// intervals are of the items' estimates; where these are all 0 or all 1, Wilson's interval of that
// share of items.
std::vector<Metric> PassAtKMetrics(absl::Span<const SampleCount> counts,
                                   absl::Span<const int64_t> ks);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_PASS_AT_K_METRICS_H_
