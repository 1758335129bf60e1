// Metrics of a run from the counts of its groups, which are kept up to date with every commit.
#ifndef ASSAY_COMMON_SCORING_METRICS_H_
#define ASSAY_COMMON_SCORING_METRICS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/group_count.h"
#include "common/domain/prediction.h"

namespace assay {

// The protocol's metrics, the mean of values (where it has one) before the share of correct items.
// Each over all (group "", first), then of each group in order, then of each parent group in order
// of name. The overall value is averaged as the protocol says; parent groups are micro averages.
// Groups without a verdict are left out. Where the mean over all items and the mean over the
// groups' means differ, the one that the protocol does not say follows, over all, as
// "accuracy_micro" or "accuracy_macro".
//
// standard_error: of a mean of n values by the sample variance, which for n verdicts is sqrt(p (1 -
// p) / (n - 1)), 0 for n < 2; of a macro average, the root of the sum of the groups' squared errors
// over the number of groups. Intervals: Wilson's of verdicts, and for macro averages what follows
// from the groups' (common/statistics/proportion.h); Student's t of values (moments.h), within [0,
// 1]; [0, 1] where nothing is known. Where a group has fewer clusters than items, errors and
// intervals are those of clustered means (moments.h), as far as these have a variance; where all
// clusters are right, or all wrong, Wilson's interval is that of so many verdicts.
//
// Where the protocol has a criterion, the values are ratings: the metric is on their scale, of the
// items that have one, and tells the others apart; a group where none has one has the value NaN.
std::vector<Metric> ComputeMetrics(const Benchmark& benchmark, const ProtocolSpec& protocol,
                                   absl::Span<const GroupCount> groups);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_METRICS_H_
