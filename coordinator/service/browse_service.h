// The RPCs of what people look at: each converts, calls the class that does it, and converts back.
#ifndef ASSAY_COORDINATOR_SERVICE_BROWSE_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_BROWSE_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>

#include "absl/status/statusor.h"
#include "assay/v1/browse_service.grpc.pb.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/service/leaderboard_rpcs.h"
#include "coordinator/store/activity_store.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/prediction_store.h"
#include "coordinator/store/run_score_store.h"
#include "coordinator/store/sample_store.h"

namespace assay {

// What the service stands on; all of it outlives it.
struct BrowseParts {
  Database* database;
  BenchmarkCatalog* catalog;
  DatasetCache* cache;
  AnswerStore* answers;
  PredictionStore* predictions;
  RunScoreStore* scores;
  LeaderboardRpcs* leaderboard;
};

// Thread-safe.
class BrowseServiceImpl final : public v1::BrowseService::Service {
 public:
  explicit BrowseServiceImpl(const BrowseParts& parts)
      : parts_(parts), samples_(parts.database), activity_(parts.database) {}

  grpc::Status ListSamples(grpc::ServerContext*, const v1::ListSamplesRequest* request,
                           v1::ListSamplesResponse* response) override;
  grpc::Status GetSample(grpc::ServerContext*, const v1::GetSampleRequest* request,
                         v1::Sample* response) override;
  // ResourceExhausted while others are being computed: each takes a processor for up to seconds.
  grpc::Status CompareRuns(grpc::ServerContext*, const v1::CompareRunsRequest* request,
                           v1::CompareRunsResponse* response) override;
  grpc::Status ListDifferences(grpc::ServerContext*, const v1::ListDifferencesRequest* request,
                               v1::ListDifferencesResponse* response) override;
  grpc::Status GetLeaderboardTable(grpc::ServerContext*,
                                   const v1::GetLeaderboardTableRequest* request,
                                   v1::GetLeaderboardTableResponse* response) override;
  grpc::Status ListLeases(grpc::ServerContext*, const v1::ListLeasesRequest* request,
                          v1::ListLeasesResponse* response) override;
  grpc::Status ListEvents(grpc::ServerContext*, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* response) override;
  // ResourceExhausted as above.
  grpc::Status RankRuns(grpc::ServerContext*, const v1::RankRunsRequest* request,
                        v1::RankRunsResponse* response) override;

 private:
  absl::StatusOr<v1::GetRunScoresResponse> ReadScores(int64_t run_id);
  absl::StatusOr<v1::Sample> ReadSample(const v1::GetSampleRequest& request);

  const BrowseParts parts_;
  SampleStore samples_;
  ActivityStore activity_;
  std::atomic<int> comparisons_ = 0;  // under way
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_BROWSE_SERVICE_H_
