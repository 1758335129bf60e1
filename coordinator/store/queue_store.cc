#include "coordinator/store/queue_store.h"

#include "coordinator/store/transaction.h"
#include "coordinator/store/worker_store.h"

namespace assay {
namespace {

constexpr char kPending[] =
    "SELECT count(*) FILTER (WHERE j.paused IS NULL), count(*) FILTER (WHERE j.paused IS NOT "
    "NULL), "
    "  coalesce(sum(cardinality(s.item_ordinals)) FILTER (WHERE j.paused IS NULL), 0), "
    "  coalesce(extract(epoch FROM now() - min(j.submitted) FILTER (WHERE j.paused IS NULL)), 0) "
    "FROM shards s JOIN runs r USING (run_id) JOIN jobs j USING (job_id) "
    "WHERE s.state = 'pending'";
constexpr char kLeased[] =
    "SELECT count(*), count(*) FILTER (WHERE deadline < now()) FROM shards WHERE state = 'leased'";
// By the runs that are under way, of which there is an index.
constexpr char kJobs[] =
    "SELECT state, count(*) FROM jobs WHERE job_id IN "
    "  (SELECT job_id FROM runs WHERE state IN ('pending', 'running')) GROUP BY state";
constexpr char kWorkers[] =
    "SELECT engine_version, count(*) FROM workers "
    "WHERE last_seen > now() - make_interval(secs => $1) GROUP BY engine_version";

constexpr char kRuns[] =
    "SELECT r.job_id, r.model_name, d.benchmark, r.items, r.items_done, r.items_failed "
    "FROM runs r JOIN datasets d USING (dataset_id) JOIN jobs j USING (job_id) "
    "WHERE j.job_id IN (SELECT job_id FROM runs WHERE state IN ('pending', 'running') "
    "    ORDER BY run_id LIMIT $1) "
    "  OR (j.job_id IN (SELECT job_id FROM jobs ORDER BY job_id DESC LIMIT 20) "
    "    AND j.finished > now() - make_interval(secs => $2)) "
    "ORDER BY r.run_id DESC LIMIT $1";
// The folder is told to whom the server trusts with it, and means something on this machine only.
constexpr char kDisk[] =
    "SELECT pg_database_size(current_database()), CASE "
    "  WHEN inet_server_addr() IS NOT NULL AND NOT inet_server_addr() <<= '127.0.0.0/8' THEN '' "
    "  WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) "
    "    OR pg_has_role('pg_read_all_settings', 'USAGE') "
    "  THEN current_setting('data_directory') ELSE '' END";

}  // namespace

absl::StatusOr<QueueState> QueueStore::Read() {
  return Transact(*database_, [](pqxx::work& tx) -> absl::StatusOr<QueueState> {
    QueueState state;
    const pqxx::row pending = tx.exec1(kPending);
    state.pending_shards = pending[0].as<int64_t>();
    state.paused_shards = pending[1].as<int64_t>();
    state.pending_items = pending[2].as<int64_t>();
    state.oldest_pending = absl::Seconds(pending[3].as<double>());
    const pqxx::row leased = tx.exec1(kLeased);
    state.leased_shards = leased[0].as<int64_t>();
    state.overdue_leases = leased[1].as<int64_t>();
    for (const auto& row : tx.exec(kJobs)) state.jobs[row[0].c_str()] = row[1].as<int64_t>();
    for (const auto& row : tx.exec_params(kWorkers, absl::ToDoubleSeconds(kWorkerConnected))) {
      state.workers[row[0].c_str()] = row[1].as<int64_t>();
    }
    for (const auto& row : tx.exec_params(kRuns, kMostRuns, absl::ToDoubleSeconds(kRecently))) {
      state.runs.push_back({row[0].as<int64_t>(), row[1].c_str(), row[2].c_str(),
                            row[3].as<int64_t>(), row[4].as<int64_t>(), row[5].as<int64_t>()});
    }
    const pqxx::row disk = tx.exec1(kDisk);
    state.database_bytes = disk[0].as<int64_t>();
    state.data_directory = disk[1].c_str();
    return state;
  });
}

}  // namespace assay
