// The ranks that the data allow to models.
#ifndef ASSAY_COORDINATOR_SERVICE_RANKING_H_
#define ASSAY_COORDINATOR_SERVICE_RANKING_H_

#include <vector>

#include "absl/status/status.h"
#include "assay/v1/browse_service.pb.h"
#include "common/rpc/compared_runs.h"
#include "common/statistics/bootstrap.h"

namespace assay {

// What can be told from the request alone.
absl::Status CheckRanking(const v1::RankRunsRequest& request);

// Takes the models' runs benchmark by benchmark, so that only one's scores are in memory.
//
//   RunRanking ranking(request);
//   for (const RunGroup& runs : benchmarks) ASSAY_RETURN_IF_ERROR(ranking.Add(runs));
//   response = ranking.Finish();
class RunRanking {
 public:
  // The request passes CheckRanking.
  explicit RunRanking(const v1::RankRunsRequest& request);

  // The models' runs of one benchmark, whose items are resampled independently of the others'.
  // InvalidArgument where they cannot be compared.
  absl::Status Add(const RunGroup& runs);

  // By the mean over the benchmarks.
  v1::RankRunsResponse Finish() const;

 private:
  BootstrapOptions options_;
  std::vector<double> scores_;             // [model], summed over the benchmarks
  std::vector<std::vector<double>> sums_;  // [model][resample]
  int benchmarks_ = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RANKING_H_
