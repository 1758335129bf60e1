// Puts the leaderboard together out of the store.
#ifndef ASSAY_COORDINATOR_LEADERBOARD_LEADERBOARD_READER_H_
#define ASSAY_COORDINATOR_LEADERBOARD_LEADERBOARD_READER_H_

#include "absl/status/statusor.h"
#include "common/leaderboard/leaderboard.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/store/baseline_store.h"
#include "coordinator/store/dataset_store.h"
#include "coordinator/store/leaderboard_store.h"
#include "coordinator/store/model_facts_store.h"
#include "coordinator/store/model_store.h"

namespace assay {

// Thread-safe. What it stands on outlives it.
class LeaderboardReader {
 public:
  struct Parts {
    LeaderboardStore* runs;
    DatasetStore* datasets;
    ModelStore* models;
    ModelFactsStore* facts;
    BaselineStore* baselines;
    BenchmarkCatalog* catalog;
  };
  explicit LeaderboardReader(const Parts& parts) : parts_(parts) {}

  // A benchmark's data set is the one that the query names; or else the one that is named as the
  // benchmark; or else the only one of the benchmark that there is. NotFound for a data set that
  // there is not, InvalidArgument when two of one benchmark are named.
  absl::StatusOr<LeaderboardData> Read(const LeaderboardQuery& query);

 private:
  const Parts parts_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEADERBOARD_LEADERBOARD_READER_H_
