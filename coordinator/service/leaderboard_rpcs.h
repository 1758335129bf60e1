// The RPCs about models side by side: each converts, calls the class that does it, and converts
// back.
#ifndef ASSAY_COORDINATOR_SERVICE_LEADERBOARD_RPCS_H_
#define ASSAY_COORDINATOR_SERVICE_LEADERBOARD_RPCS_H_

#include "absl/status/statusor.h"
#include "assay/v1/leaderboard.pb.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/leaderboard/leaderboard_reader.h"
#include "coordinator/store/baseline_store.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset_store.h"
#include "coordinator/store/leaderboard_store.h"
#include "coordinator/store/model_facts_store.h"
#include "coordinator/store/model_store.h"

namespace assay {

// Thread-safe. What it stands on outlives it.
class LeaderboardRpcs {
 public:
  LeaderboardRpcs(Database* database, DatasetStore* datasets, ModelStore* models,
                  BenchmarkCatalog* catalog);

  absl::StatusOr<v1::PutModelFactsResponse> Put(const v1::PutModelFactsRequest& request);
  absl::StatusOr<v1::ListModelFactsResponse> List(const v1::ListModelFactsRequest& request);
  absl::StatusOr<v1::ImportBaselineResponse> Import(const v1::ImportBaselineRequest& request);
  absl::StatusOr<v1::ListBaselinesResponse> List(const v1::ListBaselinesRequest& request);
  absl::StatusOr<v1::RemoveBaselineResponse> Remove(const v1::RemoveBaselineRequest& request);
  absl::StatusOr<v1::GetLeaderboardResponse> Get(const v1::GetLeaderboardRequest& request);

 private:
  ModelFactsStore facts_;
  BaselineStore baselines_;
  LeaderboardStore runs_;
  LeaderboardReader reader_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_LEADERBOARD_RPCS_H_
