#include "coordinator/store/share_store.h"

#include "absl/strings/str_cat.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kList[] =
    "WITH open AS (SELECT DISTINCT j.job_id, j.owner FROM jobs j JOIN runs r USING (job_id) "
    "    WHERE r.state IN ('pending', 'running')), "
    "  jobs_of AS (SELECT owner, count(*) AS jobs FROM open GROUP BY owner), "
    "  leased AS (SELECT j.owner, count(*) AS shards, count(DISTINCT s.worker_id) AS workers "
    "    FROM shards s JOIN runs r USING (run_id) JOIN jobs j USING (job_id) "
    "    WHERE s.state = 'leased' GROUP BY j.owner) "
    "SELECT owner, coalesce(w.weight, 1), w.most_shards, w.most_workers, w.owner IS NOT NULL, "
    "  coalesce(l.shards, 0), coalesce(l.workers, 0), coalesce(o.jobs, 0) "
    "FROM owner_shares w FULL JOIN jobs_of o USING (owner) LEFT JOIN leased l USING (owner) "
    "ORDER BY owner COLLATE \"C\"";
constexpr char kSet[] =
    "INSERT INTO owner_shares (owner, weight, most_shards, most_workers) VALUES ($1, $2, $3, $4) "
    "ON CONFLICT (owner) DO UPDATE SET weight = excluded.weight, "
    "  most_shards = excluded.most_shards, most_workers = excluded.most_workers, changed = now()";
constexpr char kSetPriority[] =
    "UPDATE jobs SET priority = $2 WHERE job_id = $1 AND state IN ('pending', 'running') "
    "RETURNING 1";

std::optional<int64_t> Optional(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::make_optional(field.as<int64_t>());
}

}  // namespace

absl::StatusOr<std::vector<StoredShare>> ShareStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredShare>> {
    std::vector<StoredShare> shares;
    for (const auto& row : tx.exec(kList)) {
      StoredShare& stored = shares.emplace_back();
      stored.share = {row[0].c_str(), row[1].as<double>(), Optional(row[2]), Optional(row[3])};
      stored.set = row[4].as<bool>();
      stored.leased_shards = row[5].as<int64_t>();
      stored.workers = row[6].as<int64_t>();
      stored.open_jobs = row[7].as<int64_t>();
    }
    return shares;
  });
}

absl::Status ShareStore::Set(const OwnerShare& share) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    const auto text = [](const std::optional<int64_t>& value) {
      return value.has_value() ? std::make_optional(absl::StrCat(*value)) : std::nullopt;
    };
    const auto shards = text(share.most_shards), workers = text(share.most_workers);
    tx.exec_params(kSet, PlainText(share.owner), share.weight,
                   shards.has_value() ? shards->c_str() : nullptr,
                   workers.has_value() ? workers->c_str() : nullptr);
    return absl::OkStatus();
  });
}

absl::Status ShareStore::Remove(const std::string& owner) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    if (!tx.exec_params("DELETE FROM owner_shares WHERE owner = $1 RETURNING 1", PlainText(owner))
             .empty()) {
      return absl::OkStatus();
    }
    return absl::NotFoundError(absl::StrCat("nothing is set for \"", owner, "\""));
  });
}

absl::Status ShareStore::SetPriority(int64_t job_id, int priority) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    if (tx.exec_params("SELECT 1 FROM jobs WHERE job_id = $1", job_id).empty()) {
      return absl::NotFoundError(absl::StrCat("there is no job ", job_id));
    }
    if (tx.exec_params(kSetPriority, job_id, priority).empty()) {
      return absl::FailedPreconditionError(absl::StrCat("job ", job_id, " has ended"));
    }
    RecordEvent(
        tx,
        {.kind = "job_priority", .job_id = job_id, .message = absl::StrCat("priority ", priority)});
    return absl::OkStatus();
  });
}

}  // namespace assay
