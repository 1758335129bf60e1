// The place in a listing of predictions that a page ended at, as a text that callers only hand
// back.
#ifndef ASSAY_COORDINATOR_SERVICE_PAGE_TOKEN_H_
#define ASSAY_COORDINATOR_SERVICE_PAGE_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/store/prediction_store.h"

namespace assay {

std::string EncodePageToken(const PredictionPosition& position);
// The empty token is the start. InvalidArgument for what EncodePageToken did not make.
absl::StatusOr<PredictionPosition> DecodePageToken(absl::string_view token);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_PAGE_TOKEN_H_
