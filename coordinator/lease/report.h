// A worker's report on a shard: checked against the shard, and graded. Pure.
#ifndef ASSAY_COORDINATOR_LEASE_REPORT_H_
#define ASSAY_COORDINATOR_LEASE_REPORT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/prediction.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// The predictions with their verdicts, in the shard's order and that of the samples.
// InvalidArgument when they are not exactly `samples` for each item of the shard, or when one holds
// what no run by this protocol gives.
absl::StatusOr<std::vector<GradedItem>> GradeReport(const Dataset& dataset,
                                                    absl::Span<const int64_t> ordinals,
                                                    const ProtocolSpec& protocol, int samples,
                                                    std::vector<Prediction> predictions);

// What is stored for an item that could not be run.
absl::StatusOr<GradedItem> GradeError(const Dataset& dataset, int64_t ordinal,
                                      const ProtocolSpec& protocol, absl::string_view message);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_REPORT_H_
