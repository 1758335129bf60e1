#include "coordinator/store/job_archive.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "coordinator/store/archive_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kJob[] = "SELECT state, extract(epoch FROM submitted) FROM jobs WHERE job_id = $1";
// As all that locks: groups before runs before the job. A rescoring that is under way is waited
// for.
constexpr char kLockGroups[] =
    "SELECT 1 FROM run_groups WHERE run_id IN (SELECT run_id FROM runs WHERE job_id = $1) "
    "ORDER BY run_id, group_name FOR UPDATE";
constexpr char kLockRuns[] = "SELECT 1 FROM runs WHERE job_id = $1 ORDER BY run_id FOR UPDATE";
constexpr char kLockJob[] = "SELECT 1 FROM jobs WHERE job_id = $1 FOR UPDATE";
constexpr char kJudgedBy[] =
    "SELECT DISTINCT j.job_id FROM runs j JOIN runs r ON r.run_id = j.judged_run "
    "WHERE r.job_id = $1 AND j.job_id <> $1 ORDER BY j.job_id LIMIT 10";
constexpr char kOpenOrder[] =
    "SELECT 1 FROM judge_orders WHERE job_id = $1 AND judge_job IS NULL AND error IS NULL";
constexpr char kModels[] =
    "SELECT DISTINCT model_name COLLATE \"C\" FROM runs WHERE job_id = $1 ORDER BY 1";
constexpr char kDatasets[] =
    "SELECT DISTINCT dataset_name COLLATE \"C\" FROM runs WHERE job_id = $1 ORDER BY 1";
constexpr char kTombstone[] =
    "INSERT INTO deleted_jobs (job_id, archive_sha256, summary) VALUES ($1, nullif($2, ''), $3)";
constexpr char kFindTombstone[] =
    "SELECT coalesce(archive_sha256, '') FROM deleted_jobs "
    "WHERE job_id = $1 AND restored IS NULL ORDER BY deleted_id DESC LIMIT 1";
constexpr char kRestored[] =
    "UPDATE deleted_jobs SET restored = clock_timestamp() WHERE job_id = $1 AND restored IS NULL";
constexpr char kDeleted[] =
    "SELECT job_id, extract(epoch FROM deleted), coalesce(archive_sha256, ''), summary "
    "FROM deleted_jobs WHERE restored IS NULL ORDER BY deleted_id DESC LIMIT $1";
constexpr char kSchema[] = "SELECT coalesce(max(version), 0) FROM schema_migrations";

// Whether the job can go. NotFound, FailedPrecondition.
absl::Status CheckEnded(pqxx::work& tx, int64_t job_id) {
  const pqxx::result rows = tx.exec_params(kJob, job_id);
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no job ", job_id));
  const std::string state = rows[0][0].c_str();
  if (state == "pending" || state == "running") {
    return absl::FailedPreconditionError(absl::StrCat(
        "job ", job_id, " is ", state, "; wait for its end, or end it: assay cancel ", job_id));
  }
  if (!tx.exec_params(kOpenOrder, job_id).empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the answers of job ", job_id, " are still to be judged"));
  }
  std::vector<std::string> judges;
  for (const auto& row : tx.exec_params(kJudgedBy, job_id)) judges.emplace_back(row[0].c_str());
  if (judges.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the answers of job ", job_id, " were judged by job ",
                   absl::StrJoin(judges, ", "), ", which must go first"));
}

void SeeOneMoment(pqxx::work& tx) { tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); }

std::vector<std::string> Names(const pqxx::result& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) names.emplace_back(row[0].c_str());
  return names;
}

// The digest and the counts of rows that pass by.
class Summarizer {
 public:
  void Take(const ArchiveRows& part) {
    if (summary_.tables.empty() || summary_.tables.back().table != part.table) {
      std::vector<std::string> names;
      for (const ArchiveColumn& column : part.columns) names.push_back(column.name);
      digest_.AddTable(part.table, names);
      summary_.tables.push_back({part.table, 0});
    }
    for (const std::vector<RowValue>& row : part.rows) digest_.AddRow(row);
    summary_.tables.back().rows += static_cast<int64_t>(part.rows.size());
  }
  ArchiveSummary Finish(pqxx::work& tx, int64_t job_id) {
    summary_.job_id = job_id;
    summary_.sha256 = digest_.Finish();
    summary_.schema = tx.exec1(kSchema)[0].as<int>();
    return std::move(summary_);
  }

 private:
  RowDigest digest_;
  ArchiveSummary summary_;
};

absl::StatusOr<ArchiveSummary> ReadAll(pqxx::work& tx, int64_t job_id,
                                       const TakeArchiveRows& take) {
  Summarizer summarizer;
  ASSAY_RETURN_IF_ERROR(ReadArchiveRows(tx, job_id, [&](const ArchiveRows& part) -> absl::Status {
    summarizer.Take(part);
    return take == nullptr ? absl::OkStatus() : take(part);
  }));
  return summarizer.Finish(tx, job_id);
}

std::string Describe(const DeletionPlan& plan) {
  std::string text = absl::StrCat(
      plan.state, ", submitted ",
      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", plan.submitted, absl::UTCTimeZone()), "; models ",
      absl::StrJoin(plan.models, ", "), "; data sets ", absl::StrJoin(plan.datasets, ", "));
  for (const TableRowCount& table : plan.tables) {
    if (table.table == "runs" || table.table == "predictions") {
      absl::StrAppend(&text, "; ", table.rows, " ", table.table);
    }
  }
  return text;
}

absl::StatusOr<DeletionPlan> MakePlan(pqxx::work& tx, int64_t job_id) {
  ASSAY_RETURN_IF_ERROR(CheckEnded(tx, job_id));
  const pqxx::row job = tx.exec_params1(kJob, job_id);
  DeletionPlan plan;
  plan.job_id = job_id;
  plan.state = job[0].c_str();
  plan.submitted = DecodeTime(job[1], absl::InfinitePast());
  plan.tables = CountArchiveRows(tx, job_id);
  plan.models = Names(tx.exec_params(kModels, job_id));
  plan.datasets = Names(tx.exec_params(kDatasets, job_id));
  return plan;
}

}  // namespace

absl::StatusOr<DeletionPlan> JobArchive::Plan(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<DeletionPlan> {
    SeeOneMoment(tx);
    return MakePlan(tx, job_id);
  });
}

absl::StatusOr<std::vector<TableRowCount>> JobArchive::Delete(int64_t job_id,
                                                              const std::string& archive_sha256) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<TableRowCount>> {
    tx.exec_params(kLockGroups, job_id);
    tx.exec_params(kLockRuns, job_id);
    tx.exec_params(kLockJob, job_id);
    ASSAY_ASSIGN_OR_RETURN(const DeletionPlan plan, MakePlan(tx, job_id));
    if (!archive_sha256.empty()) {
      ASSAY_ASSIGN_OR_RETURN(const ArchiveSummary summary, ReadAll(tx, job_id, nullptr));
      if (summary.sha256 != archive_sha256) {
        return absl::AbortedError(absl::StrCat(
            "job ", job_id, " has changed since it was archived, and stays; archive it again"));
      }
    }
    DeleteArchiveRows(tx, job_id);
    const std::string description = Describe(plan);
    tx.exec_params(kTombstone, job_id, archive_sha256, description);
    RecordEvent(tx, {.kind = archive_sha256.empty() ? "job_deleted" : "job_archived",
                     .job_id = job_id,
                     .message = description});
    return plan.tables;
  });
}

absl::StatusOr<ArchiveSummary> JobArchive::Read(int64_t job_id, const TakeArchiveRows& take) {
  ASSAY_ASSIGN_OR_RETURN(Database::Session session, database_->Acquire());
  // No second attempt: what was taken cannot be taken back.
  try {
    pqxx::work tx(session.connection().connection);
    SeeOneMoment(tx);
    ASSAY_RETURN_IF_ERROR(CheckEnded(tx, job_id));
    return ReadAll(tx, job_id, take);
  } catch (...) {
    const DatabaseError error = DescribeCurrentException(session.connection().connection.is_open());
    if (error.broken) session.Discard(error.status.message());
    return error.status;
  }
}

absl::StatusOr<ArchiveSummary> JobArchive::Restore(int64_t job_id, const NextArchiveRows& next) {
  ASSAY_ASSIGN_OR_RETURN(Database::Session session, database_->Acquire());
  TransactionScope scope(*database_);
  try {
    pqxx::work tx(session.connection().connection);
    tx.exec("SET LOCAL idle_in_transaction_session_timeout = '10min'");
    if (!tx.exec_params(kJob, job_id).empty()) {
      return absl::AlreadyExistsError(absl::StrCat("job ", job_id, " is there"));
    }
    const pqxx::result tombstone = tx.exec_params(kFindTombstone, job_id);
    if (tombstone.empty() || *tombstone[0][0].c_str() == '\0') {
      return absl::FailedPreconditionError(absl::StrCat(
          "job ", job_id, tombstone.empty() ? " was never in this database" : " was not archived",
          "; results from elsewhere come in by `assay export` there and `assay import` here"));
    }
    Summarizer summarizer;
    ArchiveRowWriter writer(&tx);
    while (true) {
      ASSAY_ASSIGN_OR_RETURN(const std::optional<ArchiveRows> part, next());
      if (!part.has_value()) break;
      summarizer.Take(*part);
      ASSAY_RETURN_IF_ERROR(writer.Write(*part));
    }
    ArchiveSummary summary = summarizer.Finish(tx, job_id);
    if (summary.sha256 != tombstone[0][0].c_str()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the rows are not those that were archived of job ", job_id,
                       ": their digest is ", summary.sha256, ", not ", tombstone[0][0].c_str()));
    }
    RelinkJudgeOrders(tx, job_id);
    tx.exec_params(kRestored, job_id);
    RecordEvent(tx, {.kind = "job_restored", .job_id = job_id});
    tx.commit();
    scope.Committed();
    return summary;
  } catch (...) {
    const DatabaseError error = DescribeCurrentException(session.connection().connection.is_open());
    if (error.broken) session.Discard(error.status.message());
    return error.status;
  }
}

absl::StatusOr<std::vector<DeletedJob>> JobArchive::ListDeleted(int limit) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<DeletedJob>> {
    std::vector<DeletedJob> jobs;
    for (const auto& row : tx.exec_params(kDeleted, limit)) {
      jobs.push_back({row[0].as<int64_t>(), DecodeTime(row[1], absl::InfinitePast()),
                      row[2].c_str(), row[3].c_str()});
    }
    return jobs;
  });
}

}  // namespace assay
