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
    return state;
  });
}

}  // namespace assay
