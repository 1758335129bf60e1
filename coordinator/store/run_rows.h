// Internal to the store: a run's columns, and the transitions of runs and jobs that several
// operations share.
#ifndef ASSAY_COORDINATOR_STORE_RUN_ROWS_H_
#define ASSAY_COORDINATOR_STORE_RUN_ROWS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/run.h"
#include "coordinator/store/connection.h"

namespace assay {

// Of `runs` as r and `datasets` as d, in the order that ReadRunSpec expects them.
inline constexpr char kRunSpecColumns[] =
    "r.run_id, r.job_id, d.benchmark, r.dataset_name, d.sha256, r.protocol, r.protocol_version, "
    "r.shots, r.precision_name, r.item_limit, r.model_name, r.prompt_template, r.system_prompt, "
    "r.bos, r.temperature, r.top_p, r.top_k, r.seed, r.samples, "
    "coalesce(r.benchmark_sha256, ''), coalesce(r.judged_run, 0), "
    "coalesce((SELECT j.model_name FROM runs j WHERE j.run_id = r.judged_run), '')";
inline constexpr int kRunSpecColumnCount = 22;

// The run in the columns from `first`.
absl::StatusOr<RunSpec> ReadRunSpec(const pqxx::row& row, int first);

// Locks are always taken in the order shards, run_groups, runs, jobs, so that transactions do not
// wait for each other in a circle. A lease alone locks the run first; it waits for no shard.

// Ends the job when none of its runs is pending or running any more.
void EndJobIfDone(pqxx::work& tx, int64_t job_id);
// Ends the run as failed, cancels its open shards, and ends the job when it was the last. Nothing
// for a run that has ended.
void FailRun(pqxx::work& tx, int64_t run_id, absl::string_view message);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_RUN_ROWS_H_
