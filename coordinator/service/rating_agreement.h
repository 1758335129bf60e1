// How far people agree with each other and with judges about the answers of a campaign.
#ifndef ASSAY_COORDINATOR_SERVICE_RATING_AGREEMENT_H_
#define ASSAY_COORDINATOR_SERVICE_RATING_AGREEMENT_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "assay/v1/evaluation_service.pb.h"
#include "assay/v1/rating_service.pb.h"
#include "common/statistics/bootstrap.h"
#include "coordinator/store/rating_store.h"

namespace assay {

// `judges` are scores of runs that judge the campaign's answers, in order of their numbers; of one
// judge's on the same answers the last counts.
v1::RatingAgreement MeasureRatings(const StoredCampaign& campaign,
                                   absl::Span<const StoredReview> reviews,
                                   absl::Span<const v1::GetRunScoresResponse> judges,
                                   const BootstrapOptions& options);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RATING_AGREEMENT_H_
