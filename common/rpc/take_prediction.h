// What a received message holds becomes the domain's without a copy: for the many predictions that
// a coordinator takes in.
#ifndef ASSAY_COMMON_RPC_TAKE_PREDICTION_H_
#define ASSAY_COMMON_RPC_TAKE_PREDICTION_H_

#include "absl/status/statusor.h"
#include "assay/v1/types.pb.h"
#include "common/domain/prediction.h"

namespace assay {

// As FromProto (convert.h). When it succeeds, the texts of `proto` are unspecified.
absl::StatusOr<Prediction> TakePrediction(v1::Prediction& proto);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_TAKE_PREDICTION_H_
