// Jobs that are paused, wait for a worker that is not there, or are submitted twice by mistake.
#ifndef ASSAY_COORDINATOR_STORE_JOB_CONTROL_H_
#define ASSAY_COORDINATOR_STORE_JOB_CONTROL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"
#include "coordinator/store/submission.h"

namespace assay {

struct SubmittedJob {
  int64_t job_id = 0;
  int64_t runs = 0;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class JobControl {
 public:
  explicit JobControl(Database* database) : database_(database) {}

  // Takes back what workers hold of the job, unharmed, and leases nothing of it until Resume().
  // Workers learn of it at their next heartbeat; what they report later is stale. NotFound;
  // FailedPrecondition for a job that has ended. Nothing changes for a job that is paused already.
  absl::Status Pause(int64_t job_id);
  // NotFound; FailedPrecondition for a job that has ended.
  absl::Status Resume(int64_t job_id);
  // Of two decisions at once that a job's priority is changed between, one goes by the old one.
  // NotFound; FailedPrecondition for a job that has ended.
  absl::Status SetPriority(int64_t job_id, int priority);

  // Fills in JobProgress::paused and RunProgress::waiting_for of the jobs that have not ended.
  absl::Status Annotate(absl::Span<JobProgress> jobs);

  // The job of an earlier submission with the same key, or nullopt. InvalidArgument when that one
  // asked for something else. For an empty key: nullopt.
  absl::StatusOr<std::optional<SubmittedJob>> FindSubmission(const Submission& submission);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_JOB_CONTROL_H_
