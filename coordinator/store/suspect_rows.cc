#include "coordinator/store/suspect_rows.h"

#include "coordinator/store/prepared.h"

namespace assay {
namespace {

constexpr char kFindSuspect[] =
    "SELECT s.shard_id FROM shards s WHERE s.run_id = $1 AND s.state = 'pending' "
    "  AND s.failures >= 2 AND (s.reserved_until IS NULL OR s.reserved_for = $2 "
    "    OR s.reserved_until < clock_timestamp()) "
    "ORDER BY s.first_ordinal LIMIT 1 FOR UPDATE SKIP LOCKED";
constexpr char kIsBusy[] =
    "SELECT EXISTS (SELECT 1 FROM shards s JOIN runs r USING (run_id) "
    "  JOIN models m ON m.name = r.model_name "
    "  WHERE s.worker_id = $1 AND s.state = 'leased' AND (m.remote IS NOT NULL) = $2::boolean)";
constexpr char kReserve[] =
    "UPDATE shards SET reserved_for = $2, "
    "  reserved_until = clock_timestamp() + make_interval(secs => $3) WHERE shard_id = $1";
constexpr char kLease[] =
    "UPDATE shards SET state = 'leased', attempt = attempt + 1, lease_id = nextval('lease_ids'), "
    "  worker_id = $2, deadline = clock_timestamp() + make_interval(secs => $3), "
    "  reserved_for = NULL, reserved_until = NULL "
    "WHERE shard_id = $1 RETURNING shard_id, attempt, lease_id, item_ordinals";

}  // namespace

SuspectLease LeaseSuspect(pqxx::work& tx, int64_t run_id, const std::string& worker_id, bool remote,
                          absl::Duration lease_time) {
  const pqxx::result found = ExecPrepared(tx, kFindSuspect, run_id, worker_id);
  if (found.empty()) return {};
  const auto shard_id = found[0][0].as<int64_t>();
  const double seconds = absl::ToDoubleSeconds(lease_time);
  SuspectLease lease;
  if (ExecPrepared(tx, kIsBusy, worker_id, remote)[0][0].as<bool>()) {
    ExecPrepared(tx, kReserve, shard_id, worker_id, seconds);
    lease.reserved = true;
  } else {
    lease.leased = ExecPrepared(tx, kLease, shard_id, worker_id, seconds);
  }
  return lease;
}

}  // namespace assay
