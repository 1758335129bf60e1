#include "coordinator/store/activity_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kLeases[] =
    "SELECT s.worker_id, r.job_id, s.run_id, r.dataset_name, r.model_name, s.shard_id, "
    "  cardinality(s.item_ordinals), s.attempt, extract(epoch FROM s.deadline) "
    "FROM shards s JOIN runs r USING (run_id) "
    "WHERE s.state = 'leased' AND ($1::bigint = 0 OR r.job_id = $1) "
    "ORDER BY s.worker_id, s.run_id, s.shard_id LIMIT 10000";

// Some events name a run alone.
constexpr char kEvents[] =
    "SELECT event_id, extract(epoch FROM happened), kind, coalesce(run_id, 0), "
    "  coalesce(shard_id, 0), message FROM ("
    "(SELECT * FROM events WHERE job_id = $1 ORDER BY event_id DESC LIMIT $2) UNION "
    "(SELECT e.* FROM runs r CROSS JOIN LATERAL (SELECT * FROM events WHERE run_id = r.run_id "
    "   ORDER BY event_id DESC LIMIT $2) e WHERE r.job_id = $1)) one "
    "ORDER BY event_id DESC LIMIT $2";

}  // namespace

absl::StatusOr<std::vector<LeaseAtWork>> ActivityStore::Leases(int64_t job_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<LeaseAtWork>> {
    std::vector<LeaseAtWork> leases;
    for (const auto& row : tx.exec_params(kLeases, job_id)) {
      LeaseAtWork& lease = leases.emplace_back();
      lease.worker_id = row[0].c_str();
      lease.job_id = row[1].as<int64_t>();
      lease.run_id = row[2].as<int64_t>();
      lease.benchmark = row[3].c_str();
      lease.model = row[4].c_str();
      lease.shard_id = row[5].as<int64_t>();
      lease.items = row[6].as<int64_t>();
      lease.attempt = row[7].as<int>();
      lease.deadline = DecodeTime(row[8], absl::InfiniteFuture());
    }
    return leases;
  });
}

absl::StatusOr<std::vector<StoredEvent>> ActivityStore::Events(int64_t job_id, int limit) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredEvent>> {
    if (tx.exec_params("SELECT 1 FROM jobs WHERE job_id = $1", job_id).empty()) {
      return absl::NotFoundError(absl::StrCat("there is no job ", job_id));
    }
    std::vector<StoredEvent> events;
    for (const auto& row : tx.exec_params(kEvents, job_id, limit)) {
      StoredEvent& event = events.emplace_back();
      event.event_id = row[0].as<int64_t>();
      event.happened = DecodeTime(row[1], absl::InfinitePast());
      event.kind = row[2].c_str();
      event.run_id = row[3].as<int64_t>();
      event.shard_id = row[4].as<int64_t>();
      event.message = row[5].c_str();
    }
    return events;
  });
}

}  // namespace assay
