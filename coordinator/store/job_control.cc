#include "coordinator/store/job_control.h"

#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/transaction.h"
#include "coordinator/store/worker_store.h"

namespace assay {
namespace {

constexpr char kState[] = "SELECT state FROM jobs WHERE job_id = $1";
// A lease that is granted at this very moment is not seen, and is carried out.
constexpr char kTakeBack[] =
    "UPDATE shards SET state = 'pending', deadline = NULL, worker_id = NULL "
    "WHERE run_id IN (SELECT run_id FROM runs WHERE job_id = $1) AND state = 'leased'";
constexpr char kPause[] =
    "UPDATE jobs SET paused = clock_timestamp() "
    "WHERE job_id = $1 AND paused IS NULL AND state IN ('pending', 'running') RETURNING 1";
constexpr char kResume[] =
    "UPDATE jobs SET paused = NULL WHERE job_id = $1 AND paused IS NOT NULL RETURNING 1";
constexpr char kPaused[] =
    "SELECT job_id FROM jobs WHERE job_id = ANY($1::bigint[]) AND paused IS NOT NULL "
    "  AND state IN ('pending', 'running')";

// Runs with shards for which no worker is there, and the engines of those that are.
constexpr char kWaiting[] =
    "SELECT r.run_id, coalesce(r.engine, ''), coalesce(r.sandbox, ''), r.runs_programs, "
    "  m.remote IS NOT NULL, c.engines "
    "FROM runs r JOIN models m ON m.name = r.model_name CROSS JOIN LATERAL ("
    "  SELECT coalesce(string_agg(DISTINCT e.engine, ', ' ORDER BY e.engine), '') AS engines, "
    "    coalesce(bool_or((r.engine IS NULL OR e.engine = r.engine) AND (NOT r.runs_programs "
    "      OR e.sandbox <> '' AND coalesce(r.sandbox, e.sandbox) = e.sandbox)), false) AS served "
    "  FROM (SELECT CASE WHEN m.remote IS NULL THEN w.engine_version ELSE w.remote_engine END, "
    "          w.sandbox "
    "        FROM workers w WHERE w.last_seen > now() - make_interval(secs => $2)) "
    "    AS e (engine, sandbox) WHERE e.engine <> '') c "
    "WHERE r.job_id = ANY($1::bigint[]) AND r.state IN ('pending', 'running') AND NOT c.served "
    "  AND EXISTS (SELECT 1 FROM shards s WHERE s.run_id = r.run_id AND s.state = 'pending')";

constexpr char kFindSubmission[] =
    "SELECT job_id, submission_sha256, "
    "  (SELECT count(*) FROM runs r WHERE r.job_id = j.job_id) "
    "FROM jobs j WHERE submission_key = $1";

bool HasEnded(State state) { return state != State::kPending && state != State::kRunning; }

absl::Status CheckOpen(pqxx::work& tx, int64_t job_id, absl::string_view what) {
  const pqxx::result rows = tx.exec_params(kState, job_id);
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no job ", job_id));
  ASSAY_ASSIGN_OR_RETURN(const State state, ParseState(rows[0][0].c_str()));
  if (!HasEnded(state)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("job ", job_id, " cannot be ", what, ": it is ", StateName(state)));
}

std::string DescribeMissing(const pqxx::row& row) {
  const std::string engine = row[1].c_str(), sandbox = row[2].c_str(), connected = row[5].c_str();
  const bool runs_programs = row[3].as<bool>(), remote = row[4].as<bool>();
  std::string text = "no worker";
  if (!engine.empty()) {
    absl::StrAppend(&text, " of engine ", engine);
    if (!sandbox.empty()) absl::StrAppend(&text, " and sandbox ", sandbox);
    text += " is connected, as the one that started the run";
  } else if (remote) {
    text += " that asks endpoints is connected";
  } else {
    text += runs_programs && !connected.empty() ? " with a sandbox for programs is connected"
                                                : " is connected";
  }
  if (!connected.empty()) absl::StrAppend(&text, "; connected are workers of ", connected);
  return text;
}

}  // namespace

absl::Status JobControl::Pause(int64_t job_id) {
  ASSAY_RETURN_IF_ERROR(Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    ASSAY_RETURN_IF_ERROR(CheckOpen(tx, job_id, "paused"));
    if (tx.exec_params(kPause, job_id).empty()) return absl::OkStatus();
    RecordEvent(tx, {.kind = "job_paused", .job_id = job_id});
    return absl::OkStatus();
  }));
  // When nothing of it is leased any more.
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    tx.exec_params(kTakeBack, job_id);
    return absl::OkStatus();
  });
}

absl::Status JobControl::Resume(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    ASSAY_RETURN_IF_ERROR(CheckOpen(tx, job_id, "resumed"));
    if (tx.exec_params(kResume, job_id).empty()) return absl::OkStatus();
    RecordEvent(tx, {.kind = "job_resumed", .job_id = job_id});
    return absl::OkStatus();
  });
}

absl::Status JobControl::SetPriority(int64_t job_id, int priority) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    ASSAY_RETURN_IF_ERROR(CheckOpen(tx, job_id, "moved in the queue"));
    tx.exec_params("UPDATE jobs SET priority = $2 WHERE job_id = $1", job_id, priority);
    RecordEvent(
        tx,
        {.kind = "job_priority", .job_id = job_id, .message = absl::StrCat("priority ", priority)});
    return absl::OkStatus();
  });
}

absl::Status JobControl::Annotate(absl::Span<JobProgress> jobs) {
  std::vector<int64_t> ids;
  std::map<int64_t, JobProgress*> by_id;
  for (JobProgress& job : jobs) {
    if (HasEnded(job.state)) continue;
    ids.push_back(job.job_id);
    by_id[job.job_id] = &job;
  }
  if (ids.empty()) return absl::OkStatus();
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    for (const auto& row : tx.exec_params(kPaused, EncodeArray(ids))) {
      by_id.at(row[0].as<int64_t>())->paused = true;
    }
    std::map<int64_t, std::string> waiting;
    for (const auto& row :
         tx.exec_params(kWaiting, EncodeArray(ids), absl::ToDoubleSeconds(kWorkerConnected))) {
      waiting[row[0].as<int64_t>()] = DescribeMissing(row);
    }
    for (const auto& [id, job] : by_id) {
      for (RunProgress& run : job->runs) {
        const auto found = waiting.find(run.spec.run_id);
        if (found != waiting.end() && !job->paused) run.waiting_for = found->second;
      }
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<std::optional<SubmittedJob>> JobControl::FindSubmission(
    const Submission& submission) {
  if (submission.key.empty()) return std::optional<SubmittedJob>();
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::optional<SubmittedJob>> {
    const pqxx::result rows = tx.exec_params(kFindSubmission, submission.key);
    if (rows.empty()) return std::optional<SubmittedJob>();
    if (rows[0][1].c_str() != submission.request_sha256) {
      return absl::InvalidArgumentError(absl::StrCat("the submission's key was used for job ",
                                                     rows[0][0].as<int64_t>(),
                                                     ", which asked for something else"));
    }
    return SubmittedJob{rows[0][0].as<int64_t>(), rows[0][2].as<int64_t>()};
  });
}

}  // namespace assay
