#include "coordinator/store/shard_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/commit_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/model_rows.h"
#include "coordinator/store/prepared.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/suspect_rows.h"
#include "coordinator/store/transaction.h"
#include "coordinator/store/worker_store.h"

namespace assay {
namespace {

constexpr char kRenew[] =
    "UPDATE shards s SET deadline = clock_timestamp() + make_interval(secs => $4) "
    "FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS k (shard_id, attempt, lease_id) "
    "WHERE s.shard_id = k.shard_id AND s.attempt = k.attempt AND s.lease_id = k.lease_id "
    "  AND s.state = 'leased' RETURNING s.lease_id";

constexpr char kView[] =
    "SELECT %s, s.state, s.attempt, s.lease_id, s.item_ordinals "
    "FROM shards s JOIN runs r USING (run_id) JOIN datasets d USING (dataset_id) "
    "WHERE s.shard_id = $1";

constexpr char kLockShard[] =
    "SELECT state, attempt, lease_id, run_id, item_ordinals, failures, worker_id, "
    "  (SELECT samples FROM runs r WHERE r.run_id = s.run_id) "
    "FROM shards s WHERE shard_id = $1 FOR UPDATE";
constexpr char kLockExpired[] =
    "SELECT shard_id, attempt, lease_id FROM shards "
    "WHERE state = 'leased' AND deadline < clock_timestamp() "
    "ORDER BY deadline LIMIT 1 FOR UPDATE SKIP LOCKED";
// Any number that no other program of the database uses.
constexpr char kReaperLock[] = "SELECT pg_try_advisory_xact_lock(7420, 2)";

constexpr char kBackToPending[] =
    "UPDATE shards SET state = 'pending', deadline = NULL, worker_id = NULL, failures = $2, "
    "  reserved_for = NULL, reserved_until = NULL WHERE shard_id = $1";
constexpr char kMarkSplit[] =
    "UPDATE shards SET state = 'split', deadline = NULL, failures = $2 WHERE shard_id = $1";
constexpr char kInsertHalf[] =
    "INSERT INTO shards (run_id, item_ordinals, failures) VALUES ($1, $2::integer[], $3)";
// So that whoever ends the run sees the halves: it cancels shards once more when it has the run's
// row.
constexpr char kLockRun[] = "SELECT 1 FROM runs WHERE run_id = $1 FOR NO KEY UPDATE";
constexpr char kReadRun[] =
    "SELECT %s FROM runs r JOIN datasets d USING (dataset_id) WHERE r.run_id = $1";

LeaseStanding StandingOf(const LeaseKey& key, absl::string_view state, const pqxx::field& attempt,
                         const pqxx::field& lease_id) {
  if (lease_id.is_null() || lease_id.as<int64_t>() != key.lease_id ||
      attempt.as<int>() != key.attempt) {
    return LeaseStanding::kStale;
  }
  if (state == "leased") return LeaseStanding::kCurrent;
  return state == "done" ? LeaseStanding::kCommitted : LeaseStanding::kStale;
}

struct LockedShard {
  LeaseStanding standing = LeaseStanding::kStale;
  int64_t run_id = 0;
  std::vector<int64_t> ordinals;
  int failures = 0;
  std::string worker_id;
  int samples = 1;  // of each item
};

LockedShard LockShard(pqxx::work& tx, const LeaseKey& key) {
  LockedShard shard;
  const pqxx::result rows = tx.exec_params(kLockShard, key.shard_id);
  if (rows.empty()) return shard;
  const pqxx::row row = rows[0];
  shard.standing = StandingOf(key, row[0].c_str(), row[1], row[2]);
  shard.run_id = row[3].as<int64_t>();
  shard.ordinals = DecodeIntegers(row[4].c_str());
  shard.failures = row[5].as<int>();
  shard.worker_id = row[6].is_null() ? "" : row[6].c_str();
  shard.samples = row[7].as<int>();
  return shard;
}

void Split(pqxx::work& tx, const LeaseKey& key, const LockedShard& shard, const FailedShard& failed,
           const RunSpec& run, absl::string_view message) {
  tx.exec_params(kMarkSplit, key.shard_id, failed.failures);
  tx.exec_params(kLockRun, shard.run_id);
  const auto items = absl::MakeConstSpan(shard.ordinals);
  const size_t half = (items.size() + 1) / 2;
  // Nobody knows yet which half it is that ends its workers.
  const int inherited = failed.kind == FailureKind::kExpired ? kFailuresInCompany : 0;
  tx.exec_params(kInsertHalf, shard.run_id, EncodeArray(items.first(half)), inherited);
  tx.exec_params(kInsertHalf, shard.run_id, EncodeArray(items.subspan(half)), inherited);
  RecordEvent(tx, {.kind = "shard_split",
                   .job_id = run.job_id,
                   .run_id = run.run_id,
                   .shard_id = key.shard_id,
                   .message = message});
}

bool IsConnected(pqxx::work& tx, const std::string& worker_id) {
  return tx
      .exec_params1(
          "SELECT EXISTS (SELECT 1 FROM workers "
          "  WHERE worker_id = $1 AND last_seen > now() - make_interval(secs => $2))",
          worker_id, absl::ToDoubleSeconds(kWorkerConnected))[0]
      .as<bool>();
}

// Of a shard that is locked and leased under `key`.
absl::Status FailLocked(pqxx::work& tx, const LeaseKey& key, const LockedShard& shard,
                        FailureKind kind, absl::string_view message, const FailurePolicy& policy,
                        const ErrorItem& error_item) {
  const pqxx::row row = tx.exec_params1(absl::StrFormat(kReadRun, kRunSpecColumns), shard.run_id);
  ASSAY_ASSIGN_OR_RETURN(const RunSpec run, ReadRunSpec(row, 0));
  FailedShard failed;
  failed.kind = kind;
  failed.items = static_cast<int>(shard.ordinals.size());
  // A worker that is still there was frozen or cut off: that is not the shard's doing.
  const bool blameless = kind == FailureKind::kReturned ||
                         (kind == FailureKind::kExpired && IsConnected(tx, shard.worker_id));
  failed.failures = shard.failures + (blameless ? 0 : 1);
  switch (policy(failed)) {
    case FailureAction::kRetry:
      tx.exec_params(kBackToPending, key.shard_id, failed.failures);
      if (kind == FailureKind::kReturned) return absl::OkStatus();
      RecordEvent(tx, {.kind = "shard_failed",
                       .job_id = run.job_id,
                       .run_id = run.run_id,
                       .shard_id = key.shard_id,
                       .message = message});
      return absl::OkStatus();
    case FailureAction::kSplit:
      Split(tx, key, shard, failed, run, message);
      return absl::OkStatus();
    case FailureAction::kStoreError: {
      std::vector<GradedItem> items;
      for (const int64_t ordinal : shard.ordinals) {
        ASSAY_ASSIGN_OR_RETURN(GradedItem item, error_item(run, ordinal, message));
        for (int sample = 0; sample < run.settings.sampling.samples; ++sample) {
          item.prediction.sample_index = sample;
          items.push_back(item);
        }
      }
      const DoneShard done = {key, shard.run_id, items};
      StoreShards(tx, {&done, 1});
      RecordEvent(tx, {.kind = "item_error",
                       .job_id = run.job_id,
                       .run_id = run.run_id,
                       .shard_id = key.shard_id,
                       .message = message});
      return absl::OkStatus();
    }
  }
  return absl::InternalError("unknown failure action");
}

}  // namespace

absl::StatusOr<std::vector<LeaseKey>> ShardStore::Renew(absl::Span<const LeaseKey> keys,
                                                        absl::Duration lease_time) {
  std::vector<int64_t> shard_ids, attempts, lease_ids;
  for (const LeaseKey& key : keys) {
    shard_ids.push_back(key.shard_id);
    attempts.push_back(key.attempt);
    lease_ids.push_back(key.lease_id);
  }
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<LeaseKey>> {
    std::set<int64_t> renewed;
    for (const auto& row :
         ExecPrepared(tx, kRenew, EncodeArray(shard_ids), EncodeArray(attempts),
                      EncodeArray(lease_ids), absl::ToDoubleSeconds(lease_time))) {
      renewed.insert(row[0].as<int64_t>());
    }
    std::vector<LeaseKey> over;
    for (const LeaseKey& key : keys) {
      if (renewed.count(key.lease_id) == 0) over.push_back(key);
    }
    return over;
  });
}

absl::StatusOr<ShardView> ShardStore::View(const LeaseKey& key) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<ShardView> {
    const pqxx::result rows = tx.exec_params(absl::StrFormat(kView, kRunSpecColumns), key.shard_id);
    if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no shard ", key.shard_id));
    const pqxx::row row = rows[0];
    ShardView view;
    ASSAY_ASSIGN_OR_RETURN(view.run, ReadRunSpec(row, 0));
    const int next = kRunSpecColumnCount;
    view.standing = StandingOf(key, row[next].c_str(), row[next + 1], row[next + 2]);
    view.ordinals = DecodeIntegers(row[next + 3].c_str());
    return view;
  });
}

absl::StatusOr<bool> ShardStore::Fail(const LeaseKey& key, FailureKind kind,
                                      absl::string_view message, const FailurePolicy& policy,
                                      const ErrorItem& error_item) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<bool> {
    const LockedShard shard = LockShard(tx, key);
    if (shard.standing != LeaseStanding::kCurrent) return false;
    ASSAY_RETURN_IF_ERROR(FailLocked(tx, key, shard, kind, message, policy, error_item));
    return true;
  });
}

absl::StatusOr<bool> ShardStore::FailWholeRun(const LeaseKey& key, absl::string_view message) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<bool> {
    const LockedShard shard = LockShard(tx, key);
    if (shard.standing != LeaseStanding::kCurrent) return false;
    FailRun(tx, shard.run_id, message);
    return true;
  });
}

absl::StatusOr<std::optional<LeaseKey>> ShardStore::ReapOne(const FailurePolicy& policy,
                                                            const ErrorItem& error_item) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::optional<LeaseKey>> {
    if (!tx.exec1(kReaperLock)[0].as<bool>()) return std::optional<LeaseKey>();
    const pqxx::result rows = tx.exec(kLockExpired);
    if (rows.empty()) return std::optional<LeaseKey>();
    const LeaseKey key = {rows[0][0].as<int64_t>(), rows[0][1].as<int>(), rows[0][2].as<int64_t>()};
    const LockedShard shard = LockShard(tx, key);
    const std::string message =
        absl::StrCat("the lease ran out: worker ", shard.worker_id, " did not renew it");
    ASSAY_RETURN_IF_ERROR(
        FailLocked(tx, key, shard, FailureKind::kExpired, message, policy, error_item));
    return std::optional<LeaseKey>(key);
  });
}

}  // namespace assay
