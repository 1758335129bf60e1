#include "coordinator/store/run_rows.h"

#include <string>

#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"

namespace assay {
namespace {

// Whoever ends a run locks the job before looking at the other runs: of two that end at once, the
// second sees the first.
constexpr char kLockJob[] = "SELECT 1 FROM jobs WHERE job_id = $1 FOR NO KEY UPDATE";
constexpr char kEndJob[] =
    "UPDATE jobs SET finished = clock_timestamp(), state = CASE WHEN EXISTS "
    "  (SELECT 1 FROM runs WHERE job_id = $1 AND state = 'failed') THEN 'failed' ELSE 'completed' "
    "END "
    "WHERE job_id = $1 AND state IN ('pending', 'running') AND NOT EXISTS "
    "  (SELECT 1 FROM runs WHERE job_id = $1 AND state IN ('pending', 'running')) "
    "RETURNING state";

constexpr char kCancelShards[] =
    "UPDATE shards SET state = 'cancelled', deadline = NULL "
    "WHERE run_id = $1 AND state IN ('pending', 'leased')";
constexpr char kFailRun[] =
    "UPDATE runs SET state = 'failed', error = $2, finished = clock_timestamp() "
    "WHERE run_id = $1 AND state IN ('pending', 'running') RETURNING job_id";

}  // namespace

absl::StatusOr<RunSpec> ReadRunSpec(const pqxx::row& row, int first) {
  RunSpec run;
  int i = first;
  run.run_id = row[i++].as<int64_t>();
  run.job_id = row[i++].as<int64_t>();
  run.benchmark = row[i++].c_str();
  run.dataset_name = row[i++].c_str();
  run.dataset_sha256 = row[i++].c_str();
  run.settings.protocol = row[i++].c_str();
  run.settings.protocol_version = row[i++].as<int>();
  run.settings.shots = row[i++].as<int>();
  ASSAY_ASSIGN_OR_RETURN(run.settings.precision, ParsePrecision(row[i++].c_str()));
  run.settings.limit = row[i++].as<int64_t>();
  run.model_name = row[i++].c_str();
  ASSAY_ASSIGN_OR_RETURN(run.settings.prompt_template, ParsePromptTemplate(row[i++].c_str()));
  run.settings.system_prompt = row[i++].c_str();
  ASSAY_ASSIGN_OR_RETURN(run.settings.bos, ParseBosHandling(row[i++].c_str()));
  SamplingSettings& sampling = run.settings.sampling;
  sampling.temperature = row[i++].as<double>();
  sampling.top_p = row[i++].as<double>();
  sampling.top_k = row[i++].as<int>();
  sampling.seed = row[i++].as<int64_t>();
  sampling.samples = row[i++].as<int>();
  run.benchmark_sha256 = row[i++].c_str();
  run.judged_run = row[i++].as<int64_t>();
  run.judged_model = row[i++].c_str();
  return run;
}

void EndJobIfDone(pqxx::work& tx, int64_t job_id) {
  tx.exec_params(kLockJob, job_id);
  for (const auto& row : tx.exec_params(kEndJob, job_id)) {
    LogEvent({.kind = "job_ended", .job_id = job_id, .message = row[0].c_str()});
  }
}

void FailRun(pqxx::work& tx, int64_t run_id, absl::string_view message) {
  tx.exec_params(kCancelShards, run_id);
  const pqxx::result failed = tx.exec_params(kFailRun, run_id, PlainText(message));
  if (failed.empty()) return;
  // Shards that were split off while the run's row was waited for.
  tx.exec_params(kCancelShards, run_id);
  const auto job_id = failed[0][0].as<int64_t>();
  RecordEvent(tx, {.kind = "run_failed", .job_id = job_id, .run_id = run_id, .message = message});
  EndJobIfDone(tx, job_id);
}

}  // namespace assay
