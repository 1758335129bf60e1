// ShardStore::Lease: how a shard that was chosen becomes a worker's.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/model_rows.h"
#include "coordinator/store/owner_limits.h"
#include "coordinator/store/prepared.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/shard_store.h"
#include "coordinator/store/start_rows.h"
#include "coordinator/store/suspect_rows.h"
#include "coordinator/store/transaction.h"
#include "coordinator/store/worker_store.h"

namespace assay {
namespace {

constexpr char kChosenRun[] =
    "SELECT %s, %s, r.state = 'running', r.may_cut, j.owner, coalesce(j.traceparent, '') "
    "FROM runs r JOIN models m ON m.name = r.model_name "
    "JOIN datasets d USING (dataset_id) JOIN jobs j USING (job_id) "
    "WHERE r.run_id = $1 AND j.paused IS NULL AND NOT EXISTS "
    "  (SELECT 1 FROM shards s WHERE s.worker_id = $5 AND s.state = 'leased' AND s.failures >= 2) "
    "  AND r.state IN ('pending', 'running') AND (m.remote IS NOT NULL) = $3::boolean "
    "  AND (r.engine IS NULL OR r.engine = $2) "
    "  AND (NOT r.runs_programs OR $4 <> '' AND coalesce(r.sandbox, $4) = $4)";
constexpr char kLease[] =
    "WITH picked AS MATERIALIZED ("
    "  SELECT shard_id FROM shards WHERE run_id = $1 AND state = 'pending' AND failures < 2 "
    "  ORDER BY first_ordinal LIMIT $2 FOR UPDATE SKIP LOCKED) "
    "UPDATE shards s SET state = 'leased', attempt = attempt + 1, lease_id = nextval('lease_ids'), "
    "  worker_id = $3, deadline = clock_timestamp() + make_interval(secs => $4), "
    "  leased = clock_timestamp() "
    "FROM picked WHERE s.shard_id = picked.shard_id "
    "RETURNING s.shard_id, s.attempt, s.lease_id, s.item_ordinals";
// The head of the first pending shard, and the rest of it, if there is any, as a shard of its own.
constexpr char kLeaseHead[] =
    "WITH picked AS MATERIALIZED ("
    "  SELECT shard_id, item_ordinals, failures FROM shards "
    "  WHERE run_id = $1 AND state = 'pending' AND failures < 2 "
    "  ORDER BY first_ordinal LIMIT 1 FOR UPDATE SKIP LOCKED), "
    "rest AS ("
    "  INSERT INTO shards (run_id, item_ordinals, failures) "
    "  SELECT $1::bigint, item_ordinals[$2::integer + 1:], failures FROM picked "
    "  WHERE cardinality(item_ordinals) > $2::integer) "
    "UPDATE shards s SET state = 'leased', attempt = attempt + 1, lease_id = nextval('lease_ids'), "
    "  worker_id = $3, deadline = clock_timestamp() + make_interval(secs => $4), "
    "  leased = clock_timestamp(), item_ordinals = picked.item_ordinals[:$2::integer] "
    "FROM picked WHERE s.shard_id = picked.shard_id "
    "RETURNING s.shard_id, s.attempt, s.lease_id, s.item_ordinals";
// So that whoever ends the run sees the rest: it cancels shards once more when it has the run's
// row. Before any shard is locked, since whoever has the run's row may wait for shards.
constexpr char kLockRun[] =
    "SELECT 1 FROM runs WHERE run_id = $1 AND state = 'running' FOR NO KEY UPDATE";
// Not one whose worker is just reporting it.
constexpr char kTakeBack[] =
    "WITH held AS MATERIALIZED ("
    "  SELECT shard_id FROM shards WHERE shard_id = $1 AND lease_id = $2 AND state = 'leased' "
    "    AND failures < 2 FOR UPDATE SKIP LOCKED) "
    "UPDATE shards s SET state = 'pending', deadline = NULL, worker_id = NULL "
    "FROM held WHERE s.shard_id = held.shard_id RETURNING 1";

// A worker that asks, and how.
struct Asker {
  const WorkerInfo& worker;
  bool remote;
  std::string engine;
  std::string sandbox;
  absl::Duration lease_time;
};

void AddLeased(const pqxx::result& rows, const RunSpec& run, const ModelSpec& model,
               const std::string& traceparent, std::vector<LeasedShard>& shards) {
  for (const auto& row : rows) {
    shards.push_back({{row[0].as<int64_t>(), row[1].as<int>(), row[2].as<int64_t>()},
                      run,
                      model,
                      DecodeIntegers(row[3].c_str()),
                      traceparent});
  }
}

void TakeBack(pqxx::work& tx, const CurrentLease& lease, const RunSpec& run) {
  if (ExecPrepared(tx, kTakeBack, lease.shard_id, lease.lease_id).empty()) return;
  RecordEvent(tx, {.kind = "shard_moved",
                   .job_id = run.job_id,
                   .run_id = run.run_id,
                   .shard_id = lease.shard_id,
                   .message = "taken from worker " + lease.worker_id + " for one that is idle"});
}

// Whether the worker is to be granted nothing now: a suspect waits for it.
absl::StatusOr<bool> LeaseOf(pqxx::work& tx, const Asker& asker, const RunChoice& choice,
                             std::vector<LeasedShard>& shards) {
  const std::string& worker_id = asker.worker.worker_id;
  static const std::string* const chosen_run =
      new std::string(absl::StrFormat(kChosenRun, kRunSpecColumns, kModelColumns));
  const pqxx::result rows = ExecPrepared(tx, chosen_run->c_str(), choice.run_id, asker.engine,
                                         asker.remote, asker.sandbox, worker_id);
  if (rows.empty()) return false;
  const pqxx::row row = rows[0];
  ASSAY_ASSIGN_OR_RETURN(const RunSpec run, ReadRunSpec(row, 0));
  ASSAY_ASSIGN_OR_RETURN(const ModelSpec model, ReadModel(row, kRunSpecColumnCount));
  const int last = static_cast<int>(row.size()) - 4;
  const std::string traceparent = row[last + 3].c_str();
  if (!row[last].as<bool>()) {
    if (!StartRun(tx, run.run_id, asker.engine, asker.sandbox)) return false;
  }
  const int count = CountWithinLimits(tx, row[last + 2].c_str(), worker_id, choice.count);
  if (count <= 0) return false;
  const int64_t most_items =
      choice.most_items <= 0
          ? 0
          : std::clamp<int64_t>(choice.most_items / run.settings.sampling.samples, 1,
                                std::numeric_limits<int32_t>::max());
  const bool cuts = most_items > 0 && row[last + 1].as<bool>();
  if (cuts && ExecPrepared(tx, kLockRun, run.run_id).empty()) return false;
  if (choice.take_back.has_value()) TakeBack(tx, *choice.take_back, run);
  const SuspectLease suspect =
      LeaseSuspect(tx, run.run_id, worker_id, asker.remote, asker.lease_time);
  if (suspect.reserved) return true;
  AddLeased(suspect.leased, run, model, traceparent, shards);
  const double seconds = absl::ToDoubleSeconds(asker.lease_time);
  if (shards.empty() && !cuts) {
    AddLeased(ExecPrepared(tx, kLease, run.run_id, count, worker_id, seconds), run, model,
              traceparent, shards);
  }
  while (suspect.leased.empty() && cuts && static_cast<int>(shards.size()) < count) {
    const pqxx::result leased =
        ExecPrepared(tx, kLeaseHead, run.run_id, most_items, worker_id, seconds);
    if (leased.empty()) break;
    AddLeased(leased, run, model, traceparent, shards);
  }
  if (!shards.empty()) StartJob(tx, run.job_id);
  return false;
}

}  // namespace

absl::StatusOr<LeaseResult> ShardStore::Lease(const WorkerInfo& worker,
                                              absl::Span<const RunChoice> choices,
                                              absl::Duration lease_time, ModelPlace place) {
  const bool remote = place == ModelPlace::kRemote;
  const Asker asker = {worker, remote,
                       PlainText(remote ? worker.remote_engine : worker.engine_version),
                       PlainText(worker.sandbox), lease_time};
  if (asker.engine.empty() || choices.empty()) return LeaseResult();
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<LeaseResult> {
    LeaseResult result;
    for (; result.choice < choices.size(); ++result.choice) {
      const RunChoice& choice = choices[result.choice];
      ASSAY_ASSIGN_OR_RETURN(const bool reserved, LeaseOf(tx, asker, choice, result.shards));
      if (reserved || !result.shards.empty()) break;
      result.exhausted.push_back(choice.run_id);
    }
    std::sort(result.shards.begin(), result.shards.end(),
              [](const LeasedShard& a, const LeasedShard& b) {
                return a.ordinals.front() < b.ordinals.front();
              });
    return result;
  });
}

}  // namespace assay
