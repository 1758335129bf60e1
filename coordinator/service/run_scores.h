// What is made of all scores of a run.
#ifndef ASSAY_COORDINATOR_SERVICE_RUN_SCORES_H_
#define ASSAY_COORDINATOR_SERVICE_RUN_SCORES_H_

#include "absl/status/statusor.h"
#include "assay/v1/evaluation_service.pb.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/store/run_score_store.h"

namespace assay {

// With what the run's protocol says of its score. NotFound for a protocol that is not known.
absl::StatusOr<v1::GetRunScoresResponse> MakeRunScores(BenchmarkCatalog& catalog,
                                                       const RunScores& scores);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RUN_SCORES_H_
