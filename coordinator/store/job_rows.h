// Internal to the store: a new job's rows.
#ifndef ASSAY_COORDINATOR_STORE_JOB_ROWS_H_
#define ASSAY_COORDINATOR_STORE_JOB_ROWS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/job_store.h"
#include "coordinator/store/submission.h"

namespace assay {

// The job's id. NotFound when a run's data set or model is not there.
absl::StatusOr<int64_t> InsertJob(pqxx::work& tx, absl::Span<const NewRun> runs,
                                  const Submission& submission = {});

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_JOB_ROWS_H_
