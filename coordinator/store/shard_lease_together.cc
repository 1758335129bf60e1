// ShardStore::LeaseTogether: the leases of many workers in four statements.
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/model_rows.h"
#include "coordinator/store/prepared.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/shard_pieces.h"
#include "coordinator/store/shard_store.h"
#include "coordinator/store/start_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

// Without those where more than one worker's ask has to be looked at: runs that have a suspect, and
// runs of owners who have limits. And which of the workers, from 1, hold a suspect.
constexpr char kRuns[] =
    "SELECT %s, %s, r.state = 'running', coalesce(r.engine, ''), coalesce(r.sandbox, ''), "
    "  r.runs_programs, m.remote IS NOT NULL, r.may_cut, j.state = 'pending', "
    "  coalesce(j.traceparent, ''), "
    "  ARRAY(SELECT w.place FROM unnest($2::text[]) WITH ORDINALITY AS w (worker_id, place) "
    "    WHERE EXISTS (SELECT 1 FROM shards s WHERE s.worker_id = w.worker_id "
    "      AND s.state = 'leased' AND s.failures >= 2)) "
    "FROM runs r JOIN models m ON m.name = r.model_name "
    "JOIN datasets d USING (dataset_id) JOIN jobs j USING (job_id) "
    "WHERE r.run_id = ANY($1::bigint[]) AND r.state IN ('pending', 'running') "
    "  AND j.paused IS NULL AND NOT EXISTS (SELECT 1 FROM shards s WHERE s.run_id = r.run_id "
    "    AND s.state = 'pending' AND s.failures >= 2) "
    "  AND NOT EXISTS (SELECT 1 FROM quotas q WHERE q.user_name IN (j.owner, '*') "
    "    AND (q.most_shards IS NOT NULL OR q.most_workers IS NOT NULL)) "
    "ORDER BY r.run_id";
// As kLockRun of a single lease, in rising order.
constexpr char kLockRuns[] =
    "SELECT run_id FROM runs WHERE run_id = ANY($1::bigint[]) AND state = 'running' "
    "ORDER BY run_id FOR NO KEY UPDATE";
struct OpenRun {
  RunSpec run;
  ModelSpec model;
  bool is_running = false;
  std::string engine;
  std::string sandbox;
  bool runs_programs = false;
  bool remote = false;
  bool may_cut = false;
  bool job_is_pending = false;
  std::string traceparent;
};
using OpenRuns = std::map<int64_t, OpenRun>;

std::string EngineOf(const LeaseCall& call) {
  return PlainText(call.place == ModelPlace::kRemote ? call.worker->remote_engine
                                                     : call.worker->engine_version);
}

absl::StatusOr<OpenRuns> ReadOpenRuns(pqxx::work& tx, absl::Span<const LeaseCall> calls,
                                      std::set<size_t>& held_back) {
  static const std::string* const statement =
      new std::string(absl::StrFormat(kRuns, kRunSpecColumns, kModelColumns));
  std::set<int64_t> run_ids;
  std::vector<std::string> workers;
  for (const LeaseCall& call : calls) {
    run_ids.insert(call.choice->run_id);
    workers.push_back(call.worker->worker_id);
  }
  const std::vector<int64_t> ids(run_ids.begin(), run_ids.end());
  OpenRuns runs;
  for (const auto& row :
       ExecPrepared(tx, statement->c_str(), EncodeArray(ids), EncodeArray(workers))) {
    OpenRun run;
    ASSAY_ASSIGN_OR_RETURN(run.run, ReadRunSpec(row, 0));
    ASSAY_ASSIGN_OR_RETURN(run.model, ReadModel(row, kRunSpecColumnCount));
    int column = static_cast<int>(row.size()) - 9;
    run.is_running = row[column++].as<bool>();
    run.engine = row[column++].c_str();
    run.sandbox = row[column++].c_str();
    run.runs_programs = row[column++].as<bool>();
    run.remote = row[column++].as<bool>();
    run.may_cut = row[column++].as<bool>();
    run.job_is_pending = row[column++].as<bool>();
    run.traceparent = row[column++].c_str();
    for (const int64_t place : DecodeIntegers(row[column].c_str())) {
      held_back.insert(static_cast<size_t>(place - 1));
    }
    runs.emplace(run.run.run_id, std::move(run));
  }
  return runs;
}

// Where it is not running, for the first of `calls` that may start it. Runs in rising order, then
// jobs: so whoever waits for one of them holds none that the others want.
void StartRuns(pqxx::work& tx, absl::Span<const LeaseCall> calls, OpenRuns& runs) {
  std::map<int64_t, const LeaseCall*> starters;
  for (const LeaseCall& call : calls) {
    const auto found = runs.find(call.choice->run_id);
    if (found == runs.end() || found->second.is_running) continue;
    const OpenRun& run = found->second;
    if (run.remote != (call.place == ModelPlace::kRemote)) continue;
    if (EngineOf(call).empty() || (run.runs_programs && call.worker->sandbox.empty())) continue;
    starters.emplace(run.run.run_id, &call);
  }
  std::set<int64_t> jobs;
  for (const auto& [run_id, call] : starters) {
    OpenRun& run = runs.at(run_id);
    const std::string engine = EngineOf(*call), sandbox = PlainText(call->worker->sandbox);
    if (!StartRun(tx, run_id, engine, sandbox)) continue;
    run.is_running = true;
    run.engine = engine;
    if (run.runs_programs) run.sandbox = sandbox;
  }
  for (const auto& [run_id, run] : runs) {
    if (run.is_running && run.job_is_pending) jobs.insert(run.run.job_id);
  }
  for (const int64_t job_id : jobs) StartJob(tx, job_id);
}

bool MayHave(const LeaseCall& call, const OpenRun& run) {
  if (!run.is_running || run.remote != (call.place == ModelPlace::kRemote)) return false;
  if (run.runs_programs && run.sandbox != PlainText(call.worker->sandbox)) return false;
  return !run.engine.empty() && run.engine == EngineOf(call);
}

// Items of a shard for this call.
int64_t MostItems(const RunChoice& choice, const OpenRun& run) {
  constexpr int64_t kAny = std::numeric_limits<int32_t>::max();
  if (!run.may_cut || choice.most_items <= 0) return kAny;
  return std::clamp<int64_t>(choice.most_items / run.run.settings.sampling.samples, 1, kAny);
}

// So that whoever ends a run sees the shards that a cut adds: it cancels shards once more when it
// has the run's row. Before any shard is locked, since whoever has the run's row may wait for
// shards. Runs that have ended are left out of `runs`.
void LockRunsToCut(pqxx::work& tx, absl::Span<const LeaseCall> calls, OpenRuns& runs) {
  std::set<int64_t> cut;
  for (const LeaseCall& call : calls) {
    const auto found = runs.find(call.choice->run_id);
    if (found == runs.end() || !MayHave(call, found->second)) continue;
    if (found->second.may_cut && call.choice->most_items > 0) cut.insert(found->first);
  }
  if (cut.empty()) return;
  std::set<int64_t> locked;
  const std::vector<int64_t> ids(cut.begin(), cut.end());
  for (const auto& row : ExecPrepared(tx, kLockRuns, EncodeArray(ids))) {
    locked.insert(row[0].as<int64_t>());
  }
  for (const int64_t run_id : cut) {
    if (locked.count(run_id) == 0) runs.erase(run_id);
  }
}

}  // namespace

absl::StatusOr<std::vector<std::vector<LeasedShard>>> ShardStore::LeaseTogether(
    absl::Span<const LeaseCall> calls, absl::Duration lease_time) {
  using Leased = std::vector<std::vector<LeasedShard>>;
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<Leased> {
    Leased leased(calls.size());
    std::set<size_t> held_back;
    ASSAY_ASSIGN_OR_RETURN(OpenRuns runs, ReadOpenRuns(tx, calls, held_back));
    StartRuns(tx, calls, runs);
    LockRunsToCut(tx, calls, runs);
    std::map<int64_t, int64_t> counts;
    std::vector<size_t> served;
    for (size_t i = 0; i < calls.size(); ++i) {
      const auto found = runs.find(calls[i].choice->run_id);
      if (found == runs.end() || !MayHave(calls[i], found->second)) continue;
      if (held_back.count(i) != 0) continue;
      counts[found->first] += calls[i].choice->count;
      served.push_back(i);
    }
    if (served.empty()) return leased;
    ShardHeads heads(tx, counts);
    for (const size_t i : served) {
      const RunChoice& choice = *calls[i].choice;
      const int64_t most = MostItems(choice, runs.at(choice.run_id));
      for (int lease = 0; lease < choice.count; ++lease) {
        heads.Cut(choice.run_id, most, i);
      }
    }
    const std::vector<ShardPiece> pieces = std::move(heads).Pieces();
    if (pieces.empty()) return leased;
    std::vector<std::string> workers;
    for (const LeaseCall& call : calls) workers.push_back(call.worker->worker_id);
    for (const auto& row : LeasePieces(tx, pieces, workers, lease_time)) {
      const auto call = row[0].as<size_t>();
      const OpenRun& run = runs.at(calls[call].choice->run_id);
      leased[call].push_back({{row[1].as<int64_t>(), row[2].as<int>(), row[3].as<int64_t>()},
                              run.run,
                              run.model,
                              DecodeIntegers(row[4].c_str()),
                              run.traceparent});
    }
    return leased;
  });
}

}  // namespace assay
