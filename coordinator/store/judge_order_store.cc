#include "coordinator/store/judge_order_store.h"

#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/job_rows.h"
#include "coordinator/store/judge_order_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kNextReady[] =
    "SELECT o.job_id, j.state, o.request FROM judge_orders o JOIN jobs j USING (job_id) "
    "WHERE o.judge_job IS NULL AND o.error IS NULL AND j.state NOT IN ('pending', 'running') "
    "ORDER BY o.job_id LIMIT 1";
constexpr char kLockOpen[] =
    "SELECT 1 FROM judge_orders "
    "WHERE job_id = $1 AND judge_job IS NULL AND error IS NULL FOR UPDATE";
constexpr char kClose[] = "UPDATE judge_orders SET judge_job = $2 WHERE job_id = $1";
// Judges are asked for whoever asked for the answers.
constexpr char kInherit[] =
    "UPDATE jobs SET owner = a.owner, priority = a.priority "
    "FROM jobs a WHERE a.job_id = $1 AND jobs.job_id = $2";
constexpr char kRefuse[] =
    "UPDATE judge_orders SET error = $2 "
    "WHERE job_id = $1 AND judge_job IS NULL AND error IS NULL";

}  // namespace

absl::StatusOr<std::optional<JudgeOrder>> JudgeOrderStore::NextReady() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::optional<JudgeOrder>> {
    const pqxx::result rows = tx.exec(kNextReady);
    if (rows.empty()) return std::optional<JudgeOrder>();
    JudgeOrder order;
    order.job_id = rows[0][0].as<int64_t>();
    ASSAY_ASSIGN_OR_RETURN(order.state, ParseState(rows[0][1].c_str()));
    ASSAY_ASSIGN_OR_RETURN(order.request, DecodeJudgeRequest(rows[0][2].c_str()));
    return std::optional<JudgeOrder>(std::move(order));
  });
}

absl::StatusOr<std::optional<int64_t>> JudgeOrderStore::Submit(int64_t job_id,
                                                               absl::Span<const NewRun> runs) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::optional<int64_t>> {
    if (tx.exec_params(kLockOpen, job_id).empty()) return std::optional<int64_t>();
    ASSAY_ASSIGN_OR_RETURN(const int64_t judge_job, InsertJob(tx, runs));
    tx.exec_params(kClose, job_id, judge_job);
    tx.exec_params(kInherit, job_id, judge_job);
    return std::optional<int64_t>(judge_job);
  });
}

absl::Status JudgeOrderStore::Refuse(int64_t job_id, absl::string_view reason) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    tx.exec_params(kRefuse, job_id, PlainText(reason));
    return absl::OkStatus();
  });
}

}  // namespace assay
