#include "coordinator/store/job_store.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/group_rows.h"
#include "coordinator/store/job_rows.h"
#include "coordinator/store/judge_order_rows.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kSelectJobs[] =
    "SELECT job_id, j.state, extract(epoch FROM j.submitted), "
    "  o.request IS NOT NULL AND o.judge_job IS NULL AND o.error IS NULL, "
    "  coalesce(o.judge_job, 0), coalesce(o.error, ''), j.owner, j.priority "
    "FROM jobs j LEFT JOIN judge_orders o USING (job_id) ";

constexpr char kSelectRuns[] =
    "SELECT %s, r.state, r.error, r.items, r.items_done, r.items_failed, r.prompt_tokens, "
    "  r.cached_tokens, r.generated_tokens, extract(epoch FROM r.started), "
    "  extract(epoch FROM r.finished), coalesce(r.engine, ''), r.grader, r.grader_version, "
    "  extract(epoch FROM r.rescored), coalesce(r.origin::text, ''), coalesce(r.sandbox, ''), "
    "  r.items_reused, r.reused_tokens, r.manifest "
    "FROM runs r JOIN datasets d USING (dataset_id) "
    "WHERE r.job_id = ANY($1::bigint[]) ORDER BY r.run_id";

constexpr char kCancelShards[] =
    "UPDATE shards SET state = 'cancelled', deadline = NULL "
    "WHERE run_id IN (SELECT run_id FROM runs WHERE job_id = $1) AND state IN ('pending', "
    "'leased')";
constexpr char kCancelRuns[] =
    "UPDATE runs SET state = 'cancelled', finished = clock_timestamp() "
    "WHERE job_id = $1 AND state IN ('pending', 'running')";
constexpr char kCancelJob[] =
    "UPDATE jobs SET state = 'cancelled', finished = clock_timestamp() "
    "WHERE job_id = $1 AND state IN ('pending', 'running') RETURNING 1";

constexpr char kGroupCounts[] =
    "SELECT g.run_id, %s FROM run_groups g JOIN runs r USING (run_id) WHERE r.job_id = $1 "
    "ORDER BY g.run_id, g.group_name COLLATE \"C\"";

// A cluster of a run with several samples is an item, unless items share a passage.
constexpr char kSampleCounts[] =
    "SELECT k.run_id, k.group_name, k.items, k.correct, count(*) "
    "FROM run_clusters k JOIN runs r USING (run_id) "
    "WHERE r.job_id = $1 AND r.samples > 1 AND k.items <= r.samples "
    "GROUP BY k.run_id, k.group_name, k.items, k.correct "
    "ORDER BY k.run_id, k.group_name COLLATE \"C\", k.items, k.correct";

constexpr char kSpeed[] =
    "SELECT coalesce(sum(tokens) / nullif(sum(seconds), 0), 0) FROM ("
    "  SELECT prompt_tokens - cached_tokens + generated_tokens - reused_tokens AS tokens, "
    "    extract(epoch FROM finished - started)::double precision AS seconds FROM runs "
    "  WHERE model_name = $1 AND precision_name = $2 AND state = 'completed' AND origin IS NULL "
    "  ORDER BY finished DESC LIMIT 5) latest";

absl::Status NoSuchJob(int64_t job_id) {
  return absl::NotFoundError(absl::StrCat("there is no job ", job_id));
}

// Both are columns of kSelectRuns.
absl::StatusOr<RunProgress> ReadRun(const pqxx::row& row) {
  RunProgress run;
  ASSAY_ASSIGN_OR_RETURN(run.spec, ReadRunSpec(row, 0));
  int i = kRunSpecColumnCount;
  ASSAY_ASSIGN_OR_RETURN(run.state, ParseState(row[i++].c_str()));
  run.error = row[i++].c_str();
  run.items = row[i++].as<int64_t>();
  run.items_done = row[i++].as<int64_t>();
  run.items_failed = row[i++].as<int64_t>();
  run.prompt_tokens = row[i++].as<int64_t>();
  run.cached_tokens = row[i++].as<int64_t>();
  run.generated_tokens = row[i++].as<int64_t>();
  run.started = DecodeTime(row[i++], absl::InfinitePast());
  run.finished = DecodeTime(row[i++], absl::InfiniteFuture());
  run.engine = row[i++].c_str();
  run.grader = row[i++].c_str();
  run.grader_version = row[i++].as<int>();
  run.rescored = DecodeTime(row[i++], absl::InfinitePast());
  run.origin_json = row[i++].c_str();
  run.sandbox = row[i++].c_str();
  run.items_reused = row[i++].as<int64_t>();
  run.reused_tokens = row[i++].as<int64_t>();
  return run;
}
constexpr int kManifestColumn = kRunSpecColumnCount + 18;

pqxx::result SelectRuns(pqxx::work& tx, const std::vector<int64_t>& job_ids) {
  return tx.exec_params(absl::StrFormat(kSelectRuns, kRunSpecColumns), EncodeArray(job_ids));
}

absl::StatusOr<std::vector<JobProgress>> ReadJobs(pqxx::work& tx, const pqxx::result& rows) {
  std::vector<JobProgress> jobs;
  std::vector<int64_t> ids;
  for (const auto& row : rows) {
    JobProgress& job = jobs.emplace_back();
    job.job_id = row[0].as<int64_t>();
    ASSAY_ASSIGN_OR_RETURN(job.state, ParseState(row[1].c_str()));
    job.submitted = DecodeTime(row[2], absl::InfinitePast());
    job.awaits_judges = row[3].as<bool>();
    job.judge_job = row[4].as<int64_t>();
    job.judge_error = row[5].c_str();
    job.owner = row[6].c_str();
    job.priority = row[7].as<int>();
    ids.push_back(job.job_id);
  }
  std::map<int64_t, JobProgress*> by_id;
  for (JobProgress& job : jobs) by_id[job.job_id] = &job;
  for (const auto& row : SelectRuns(tx, ids)) {
    ASSAY_ASSIGN_OR_RETURN(RunProgress run, ReadRun(row));
    by_id.at(run.spec.job_id)->runs.push_back(std::move(run));
  }
  return jobs;
}

// A job's row and its runs' rows come from two statements, which must see the same moment.
void ReadOneMoment(pqxx::work& tx) {
  tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

}  // namespace

absl::StatusOr<int64_t> JobStore::Submit(absl::Span<const NewRun> runs,
                                         const Submission& submission, const JudgeRequest* judges) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<int64_t> {
    ASSAY_ASSIGN_OR_RETURN(const int64_t job_id, InsertJob(tx, runs, submission));
    if (judges != nullptr) InsertJudgeOrder(tx, job_id, *judges);
    return job_id;
  });
}

absl::StatusOr<JobProgress> JobStore::Get(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<JobProgress> {
    ReadOneMoment(tx);
    const pqxx::result rows =
        tx.exec_params(std::string(kSelectJobs) + "WHERE job_id = $1", job_id);
    if (rows.empty()) return NoSuchJob(job_id);
    ASSAY_ASSIGN_OR_RETURN(std::vector<JobProgress> jobs, ReadJobs(tx, rows));
    return std::move(jobs[0]);
  });
}

absl::StatusOr<std::vector<JobProgress>> JobStore::List(int limit) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<JobProgress>> {
    ReadOneMoment(tx);
    return ReadJobs(
        tx, tx.exec_params(std::string(kSelectJobs) + "ORDER BY job_id DESC LIMIT $1", limit));
  });
}

absl::Status JobStore::Cancel(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    if (tx.exec_params("SELECT 1 FROM jobs WHERE job_id = $1", job_id).empty()) {
      return NoSuchJob(job_id);
    }
    tx.exec_params(kCancelShards, job_id);
    tx.exec_params(kCancelRuns, job_id);
    // Shards that were split off while a run's row was waited for.
    tx.exec_params(kCancelShards, job_id);
    if (!tx.exec_params(kCancelJob, job_id).empty()) {
      RecordEvent(tx, {.kind = "job_cancelled", .job_id = job_id});
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<StoredResult>> JobStore::Results(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredResult>> {
    ReadOneMoment(tx);
    std::vector<StoredResult> results;
    std::map<int64_t, size_t> positions;
    for (const auto& row : SelectRuns(tx, {job_id})) {
      StoredResult& result = results.emplace_back();
      ASSAY_ASSIGN_OR_RETURN(result.run, ReadRun(row));
      result.manifest_json = row[kManifestColumn].c_str();
      positions[result.run.spec.run_id] = results.size() - 1;
    }
    if (results.empty()) return NoSuchJob(job_id);
    for (const auto& row : tx.exec_params(absl::StrFormat(kGroupCounts, kGroupColumns), job_id)) {
      results[positions.at(row[0].as<int64_t>())].groups.push_back(ReadGroupCount(row, 1));
    }
    for (const auto& row : tx.exec_params(kSampleCounts, job_id)) {
      results[positions.at(row[0].as<int64_t>())].samples.push_back(
          {row[1].c_str(), row[2].as<int64_t>(), row[3].as<int64_t>(), row[4].as<int64_t>()});
    }
    return results;
  });
}

absl::StatusOr<double> JobStore::MeasuredTokensPerSecond(const std::string& model_name,
                                                         Precision precision) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<double> {
    return tx.exec_params1(kSpeed, model_name, std::string(PrecisionName(precision)))[0]
        .as<double>();
  });
}

}  // namespace assay
