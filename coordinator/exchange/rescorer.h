// Runs graded again, by the graders that the program has now.
#ifndef ASSAY_COORDINATOR_EXCHANGE_RESCORER_H_
#define ASSAY_COORDINATOR_EXCHANGE_RESCORER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/rescore_store.h"

namespace assay {

struct RescoredRun {
  Rescoring rescoring;
  GraderIdentity grader;
};

// Thread-safe. No model is needed: predictions are stored raw.
class Rescorer {
 public:
  Rescorer(RescoreStore* runs, AnswerStore* answers, BenchmarkCatalog* catalog, DatasetCache* cache)
      : runs_(runs), answers_(answers), catalog_(catalog), cache_(cache) {}

  // One run, by the protocol's own grader where `grader` is empty. NotFound names the graders there
  // are. FailedPrecondition, naming an item, where another grader than the protocol's cannot grade
  // what the run has; nothing is changed then.
  absl::StatusOr<RescoredRun> RescoreRun(int64_t run_id, const std::string& grader);
  // All runs of a job, one after the other; each by itself is graded again or stays as it was. Runs
  // that have not ended are an error before any is touched.
  absl::StatusOr<std::vector<RescoredRun>> RescoreJob(int64_t job_id, const std::string& grader);

 private:
  absl::StatusOr<RescoredRun> Rescore(const RunSpec& run, const std::string& grader);

  RescoreStore* const runs_;
  AnswerStore* const answers_;
  BenchmarkCatalog* const catalog_;
  DatasetCache* const cache_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_EXCHANGE_RESCORER_H_
