// ShardStore::ReadState: what decisions about leases are made from.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "coordinator/schedule/memory_need.h"
#include "coordinator/store/shard_store.h"
#include "coordinator/store/transaction.h"
#include "coordinator/store/worker_store.h"

namespace assay {
namespace {

constexpr char kRuns[] =
    "SELECT r.run_id, r.job_id, m.weights_sha256, r.precision_name, m.parameters, "
    "  m.context_length, m.remote IS NOT NULL, j.owner, j.priority, coalesce(r.engine, ''), "
    "  coalesce(r.sandbox, ''), r.runs_programs, r.may_cut, r.samples, r.items, r.items_done, "
    "  r.estimated_tokens "
    "FROM runs r JOIN jobs j USING (job_id) JOIN models m ON m.name = r.model_name "
    "WHERE r.state IN ('pending', 'running') AND j.paused IS NULL "
    "ORDER BY r.job_id, r.estimated_tokens DESC, r.run_id";
constexpr char kLeases[] =
    "SELECT shard_id, lease_id, run_id, attempt, failures, cardinality(item_ordinals), worker_id "
    "FROM shards WHERE state = 'leased' ORDER BY lease_id";
constexpr char kWorkers[] =
    "SELECT worker_id, engine_version, device, threads, gflops, remote_engine, sandbox, "
    "  memory_bytes, tensor_parallel "
    "FROM workers WHERE last_seen > now() - make_interval(secs => $1) ORDER BY worker_id";
// Of the models that are queued. A second of work or more: less says little.
constexpr char kSpeeds[] =
    "SELECT weights_sha256, precision_name, worker_kind, "
    "  sum(prompt_tokens + generated_tokens) / sum(busy_seconds), "
    "  coalesce(sum(load_seconds) / nullif(sum(loads), 0), 0) "
    "FROM measured_work WHERE (weights_sha256, precision_name) IN "
    "  (SELECT m.weights_sha256, r.precision_name FROM runs r JOIN models m ON m.name = "
    "r.model_name "
    "   WHERE r.state IN ('pending', 'running')) "
    "GROUP BY weights_sha256, precision_name, worker_kind HAVING sum(busy_seconds) >= 1";
// Of all who have a row, and of the owners of open runs who have none: everybody's, where there is
// one.
constexpr char kShares[] =
    "SELECT user_name, weight, most_shards, most_workers FROM quotas WHERE user_name <> '*' "
    "UNION ALL "
    "SELECT o.owner, e.weight, e.most_shards, e.most_workers FROM quotas e, "
    "  (SELECT DISTINCT j.owner FROM jobs j JOIN runs r USING (job_id) "
    "    WHERE r.state IN ('pending', 'running')) o "
    "WHERE e.user_name = '*' AND NOT EXISTS "
    "  (SELECT 1 FROM quotas q WHERE q.user_name = o.owner)";

std::optional<int64_t> Optional(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::make_optional(field.as<int64_t>());
}

absl::Status ReadRuns(pqxx::work& tx, ClusterState& state, std::map<int64_t, int64_t>& samples) {
  std::map<std::pair<std::string, Precision>, int> models;
  for (const auto& row : tx.exec(kRuns)) {
    QueuedRun& run = state.runs.emplace_back();
    run.run_id = row[0].as<int64_t>();
    run.job_id = row[1].as<int64_t>();
    ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(row[3].c_str()));
    const auto [model, added] = models.emplace(std::make_pair(row[2].c_str(), precision),
                                               static_cast<int>(state.models.size()));
    if (added) {
      const auto parameters = row[4].as<int64_t>();
      state.models.push_back({row[2].c_str(), precision, parameters,
                              MemoryNeed(parameters, row[5].as<int64_t>(), precision)});
    }
    run.model = model->second;
    run.remote = row[6].as<bool>();
    run.owner = row[7].c_str();
    run.priority = row[8].as<int>();
    run.engine = row[9].c_str();
    run.sandbox = row[10].c_str();
    run.runs_programs = row[11].as<bool>();
    run.may_cut = row[12].as<bool>();
    samples[run.run_id] = row[13].as<int64_t>();
    const auto items = row[14].as<int64_t>();
    run.done_items = row[15].as<int64_t>();
    run.pending_items = items - run.done_items;
    run.tokens_per_item =
        std::max(1.0, row[16].as<double>() / static_cast<double>(std::max<int64_t>(1, items)));
  }
  return absl::OkStatus();
}

void ReadLeases(pqxx::work& tx, const std::map<int64_t, int64_t>& samples, ClusterState& state) {
  std::map<int64_t, QueuedRun*> runs;
  for (QueuedRun& run : state.runs) runs[run.run_id] = &run;
  for (const auto& row : tx.exec(kLeases)) {
    CurrentLease lease;
    lease.shard_id = row[0].as<int64_t>();
    lease.lease_id = row[1].as<int64_t>();
    lease.run_id = row[2].as<int64_t>();
    lease.attempt = row[3].as<int>();
    lease.failures = row[4].as<int>();
    lease.worker_id = row[6].c_str();
    const auto run = runs.find(lease.run_id);
    if (run == runs.end()) continue;  // of a job that was just paused
    lease.items = row[5].as<int64_t>() * samples.at(lease.run_id);
    run->second->pending_items -= lease.items;
    state.leases.push_back(std::move(lease));
  }
}

void ReadWorkers(pqxx::work& tx, ClusterState& state) {
  for (const auto& row : tx.exec_params(kWorkers, absl::ToDoubleSeconds(kWorkerConnected))) {
    WorkerInfo& worker = state.workers.emplace_back();
    worker.worker_id = row[0].c_str();
    worker.engine_version = row[1].c_str();
    worker.device = row[2].c_str();
    worker.threads = row[3].as<int>();
    const auto gflops = nlohmann::json::parse(row[4].c_str(), nullptr, false);
    for (const auto& [precision, rate] : gflops.items()) {
      if (rate.is_number()) worker.gflops[precision] = rate.get<double>();
    }
    worker.remote_engine = row[5].c_str();
    worker.sandbox = row[6].c_str();
    worker.memory_bytes = row[7].as<int64_t>();
    worker.tensor_parallel = row[8].as<int>();
  }
}

absl::Status ReadSpeeds(pqxx::work& tx, ClusterState& state) {
  for (const auto& row : tx.exec(kSpeeds)) {
    ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(row[1].c_str()));
    state.speeds.push_back(
        {row[0].c_str(), precision, row[2].c_str(), row[3].as<double>(), row[4].as<double>()});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ClusterState> ShardStore::ReadState() {
  return Transact(*database_, [](pqxx::work& tx) -> absl::StatusOr<ClusterState> {
    // A shard that is committed between two statements must not be both leased and done.
    tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    ClusterState state;
    std::map<int64_t, int64_t> samples;
    ASSAY_RETURN_IF_ERROR(ReadRuns(tx, state, samples));
    ReadLeases(tx, samples, state);
    ReadWorkers(tx, state);
    ASSAY_RETURN_IF_ERROR(ReadSpeeds(tx, state));
    for (const auto& row : tx.exec(kShares)) {
      state.shares.push_back(
          {row[0].c_str(), row[1].as<double>(), Optional(row[2]), Optional(row[3])});
    }
    return state;
  });
}

}  // namespace assay
