// The RPCs of ratings by people: campaigns, the raters' own, and how far they agree.
#ifndef ASSAY_COORDINATOR_SERVICE_RATING_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_RATING_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "assay/v1/rating_service.grpc.pb.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/planner/planner.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/rating_store.h"
#include "coordinator/store/run_score_store.h"

namespace assay {

// What the service stands on; all of it outlives it.
struct RatingParts {
  Database* database;
  Planner* planner;
  BenchmarkCatalog* catalog;
  DatasetCache* cache;
  AnswerStore* answers;
  RunScoreStore* scores;
};

// Thread-safe.
class RatingServiceImpl final : public v1::RatingService::Service {
 public:
  explicit RatingServiceImpl(const RatingParts& parts) : parts_(parts), store_(parts.database) {}

  grpc::Status CreateCampaign(grpc::ServerContext*, const v1::CreateCampaignRequest* request,
                              v1::CreateCampaignResponse* response) override;
  grpc::Status ListCampaigns(grpc::ServerContext*, const v1::ListCampaignsRequest*,
                             v1::ListCampaignsResponse* response) override;
  grpc::Status GetCampaign(grpc::ServerContext*, const v1::GetCampaignRequest* request,
                           v1::Campaign* response) override;
  grpc::Status CloseCampaign(grpc::ServerContext*, const v1::CloseCampaignRequest* request,
                             v1::Campaign* response) override;
  grpc::Status RenewRaterToken(grpc::ServerContext*, const v1::RenewRaterTokenRequest* request,
                               v1::RaterToken* response) override;
  grpc::Status ExportRatings(grpc::ServerContext*, const v1::ExportRatingsRequest* request,
                             v1::ExportRatingsResponse* response) override;
  // ResourceExhausted while others are being computed.
  grpc::Status GetRatingAgreement(grpc::ServerContext*,
                                  const v1::GetRatingAgreementRequest* request,
                                  v1::RatingAgreement* response) override;
  grpc::Status GetRatingTask(grpc::ServerContext*, const v1::GetRatingTaskRequest* request,
                             v1::RatingTask* response) override;
  grpc::Status SubmitRatings(grpc::ServerContext*, const v1::SubmitRatingsRequest* request,
                             v1::RatingTask* response) override;
  grpc::Status UndoRating(grpc::ServerContext*, const v1::UndoRatingRequest* request,
                          v1::RatingTask* response) override;

 private:
  absl::StatusOr<v1::CreateCampaignResponse> Create(const v1::CreateCampaignRequest& request);
  absl::StatusOr<v1::RatingAgreement> Agreement(const v1::GetRatingAgreementRequest& request);
  absl::StatusOr<v1::RatingTask> Next(const std::string& token_sha256);

  const RatingParts parts_;
  RatingStore store_;
  std::atomic<int> agreements_ = 0;  // being computed
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RATING_SERVICE_H_
