#include "coordinator/store/worker_store.h"

#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/prepared.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kSeen[] =
    "INSERT INTO workers (worker_id, hostname, engine_version, device, threads, gflops, "
    "  remote_engine, sandbox, memory_bytes, tensor_parallel) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (worker_id) DO UPDATE SET "
    "last_seen = "
    "now(), "
    "  hostname = excluded.hostname, engine_version = excluded.engine_version, "
    "  device = excluded.device, threads = excluded.threads, gflops = excluded.gflops, "
    "  remote_engine = excluded.remote_engine, sandbox = excluded.sandbox, "
    "  memory_bytes = excluded.memory_bytes, tensor_parallel = excluded.tensor_parallel "
    "RETURNING last_seen::text";
constexpr char kTouch[] =
    "UPDATE workers SET last_seen = now() WHERE worker_id = ANY($1::text[]) "
    "RETURNING worker_id, last_seen::text";
constexpr char kLeft[] =
    "UPDATE workers SET last_seen = least(last_seen, now() - make_interval(secs => $2)) "
    "WHERE worker_id = $1 AND ($3 = '' OR last_seen::text = $3)";
constexpr char kList[] =
    "SELECT w.worker_id, w.hostname, w.engine_version, w.device, w.threads, w.gflops, "
    "  w.last_seen > now() - make_interval(secs => $1), "
    "  (SELECT count(*) FROM shards s WHERE s.state = 'leased' AND s.worker_id = w.worker_id), "
    "  w.remote_engine, w.sandbox, w.memory_bytes, w.tensor_parallel "
    "FROM workers w WHERE w.last_seen > now() - interval '1 day' ORDER BY w.worker_id";

}  // namespace

absl::StatusOr<std::string> WorkerStore::Seen(const WorkerInfo& worker) {
  const std::string gflops =
      nlohmann::json(worker.gflops).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::string> {
    const pqxx::row row =
        tx.exec_params1(kSeen, PlainText(worker.worker_id), PlainText(worker.hostname),
                        PlainText(worker.engine_version), PlainText(worker.device), worker.threads,
                        gflops, PlainText(worker.remote_engine), PlainText(worker.sandbox),
                        worker.memory_bytes, worker.tensor_parallel);
    return std::string(row[0].c_str());
  });
}

absl::StatusOr<std::map<std::string, std::string>> WorkerStore::Touch(
    absl::Span<const std::string> worker_ids) {
  std::vector<std::string> ids;
  for (const std::string& id : worker_ids) ids.push_back(PlainText(id));
  return Transact(*database_,
                  [&](pqxx::work& tx) -> absl::StatusOr<std::map<std::string, std::string>> {
                    std::map<std::string, std::string> moments;
                    for (const auto& row : ExecPrepared(tx, kTouch, EncodeArray(ids))) {
                      moments[row[0].c_str()] = row[1].c_str();
                    }
                    return moments;
                  });
}

absl::Status WorkerStore::Left(const std::string& worker_id, const std::string& seen) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    tx.exec_params(kLeft, PlainText(worker_id), absl::ToDoubleSeconds(kWorkerConnected), seen);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<StoredWorker>> WorkerStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredWorker>> {
    std::vector<StoredWorker> workers;
    for (const auto& row : tx.exec_params(kList, absl::ToDoubleSeconds(kWorkerConnected))) {
      StoredWorker& stored = workers.emplace_back();
      stored.worker.worker_id = row[0].c_str();
      stored.worker.hostname = row[1].c_str();
      stored.worker.engine_version = row[2].c_str();
      stored.worker.device = row[3].c_str();
      stored.worker.threads = row[4].as<int>();
      const auto gflops = nlohmann::json::parse(row[5].c_str(), nullptr, false);
      for (const auto& [precision, rate] : gflops.items()) {
        if (rate.is_number()) stored.worker.gflops[precision] = rate.get<double>();
      }
      stored.connected = row[6].as<bool>();
      stored.leases = row[7].as<int>();
      stored.worker.remote_engine = row[8].c_str();
      stored.worker.sandbox = row[9].c_str();
      stored.worker.memory_bytes = row[10].as<int64_t>();
      stored.worker.tensor_parallel = row[11].as<int>();
    }
    return workers;
  });
}

}  // namespace assay
