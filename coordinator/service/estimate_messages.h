// Estimates as messages.
#ifndef ASSAY_COORDINATOR_SERVICE_ESTIMATE_MESSAGES_H_
#define ASSAY_COORDINATOR_SERVICE_ESTIMATE_MESSAGES_H_

#include "absl/status/statusor.h"
#include "assay/v1/estimate.pb.h"
#include "coordinator/planner/planner.h"

namespace assay {

// InvalidArgument names the field that is not sensible.
absl::StatusOr<EstimateRequest> ReadEstimate(const v1::EstimateOptions& options);
v1::Estimate MakeEstimate(const SweepTime& time);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_ESTIMATE_MESSAGES_H_
