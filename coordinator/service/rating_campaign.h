// What a rating campaign is made of.
#ifndef ASSAY_COORDINATOR_SERVICE_RATING_CAMPAIGN_H_
#define ASSAY_COORDINATOR_SERVICE_RATING_CAMPAIGN_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "assay/v1/rating_service.pb.h"
#include "coordinator/ratings/assignment.h"
#include "coordinator/store/rating_store.h"

namespace assay {

// Criteria that people are asked about, with the question for each.
const std::map<std::string, std::string>& RatingQuestions();

// InvalidArgument names the field.
absl::Status CheckCampaign(const v1::CreateCampaignRequest& request);

struct PlannedCampaign {
  NewCampaign campaign;
  std::vector<std::string> tokens;  // of its raters, in their order
};
// `answers` are those that there are, by run; of each run so many as the request says are drawn, of
// the same items for all runs. Keys and tokens are random.
absl::StatusOr<PlannedCampaign> PlanCampaign(
    const v1::CreateCampaignRequest& request,
    const std::map<int64_t, std::vector<int64_t>>& answers);

v1::Campaign ToProto(const StoredCampaign& campaign);
v1::ExportedRating ToProto(const StoredReview& review);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RATING_CAMPAIGN_H_
