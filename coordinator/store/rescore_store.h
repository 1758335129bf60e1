// The stored predictions of a run, graded again.
#ifndef ASSAY_COORDINATOR_STORE_RESCORE_STORE_H_
#define ASSAY_COORDINATOR_STORE_RESCORE_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"

namespace assay {

struct GraderIdentity {
  std::string name;
  int version = 0;
};

// What graders look at: everything but the prompt, which stays empty.
struct StoredOutput {
  int64_t ordinal = 0;
  Prediction prediction;
};

struct Rescoring {
  RunSpec spec;
  GraderIdentity previous;
  int64_t predictions = 0;
  // With another verdict or value than by the grader that was the run's before.
  int64_t changed = 0;
};

// A verdict for each of the outputs, which are neighbours, in their order.
using GradeOutputs =
    std::function<absl::StatusOr<std::vector<Score>>(absl::Span<const StoredOutput> outputs)>;

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class RescoreStore {
 public:
  explicit RescoreStore(Database* database) : database_(database) {}

  // NotFound.
  absl::StatusOr<RunSpec> FindRun(int64_t run_id);
  // In their order. NotFound for an unknown job.
  absl::StatusOr<std::vector<RunSpec>> RunsOfJob(int64_t job_id);
  // FailedPrecondition, naming one, when runs of the job are still to end.
  absl::Status CheckEnded(int64_t job_id);

  // Grades every prediction of the run by `grade`, page by page, and makes `grader` the run's
  // current one: its scores take the place of those that it gave before, those of other graders
  // stay, and the run's sums are the new scores'. All of it or nothing. `grade` may be called again
  // from the start. FailedPrecondition for a run that has not ended.
  absl::StatusOr<Rescoring> Rescore(int64_t run_id, const GraderIdentity& grader,
                                    const GradeOutputs& grade);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_RESCORE_STORE_H_
