#include "coordinator/store/quota_store.h"

#include "absl/strings/str_cat.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kSet[] =
    "INSERT INTO quotas (user_name, queued_items, open_jobs, stored_items, weight, most_shards, "
    "  most_workers) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_name) DO UPDATE SET changed = now(), "
    "  queued_items = excluded.queued_items, open_jobs = excluded.open_jobs, "
    "  stored_items = excluded.stored_items, weight = excluded.weight, "
    "  most_shards = excluded.most_shards, most_workers = excluded.most_workers";
constexpr char kRemove[] = "DELETE FROM quotas WHERE user_name = $1";
constexpr char kGet[] =
    "SELECT user_name, queued_items, open_jobs, stored_items, weight, most_shards, most_workers "
    "FROM quotas "
    "WHERE user_name IN ($1, '*') ORDER BY user_name = '*' LIMIT 1";
constexpr char kUse[] =
    "SELECT coalesce(sum(r.items - r.items_done) FILTER (WHERE r.state IN ('pending', 'running')), "
    "    0), "
    "  count(DISTINCT r.job_id) FILTER (WHERE r.state IN ('pending', 'running')), "
    "  coalesce(sum(CASE WHEN r.state IN ('pending', 'running') THEN r.items ELSE r.items_done "
    "END), "
    "    0) "
    "FROM jobs j JOIN runs r USING (job_id) WHERE j.owner = $1";
constexpr char kList[] =
    "SELECT coalesce(q.user_name, o.owner), q.queued_items, q.open_jobs, q.stored_items, "
    "  coalesce(q.weight, 1), q.most_shards, q.most_workers "
    "FROM quotas q FULL JOIN (SELECT DISTINCT j.owner FROM jobs j JOIN runs r USING (job_id) "
    "    WHERE r.state IN ('pending', 'running') AND j.owner <> '') o ON o.owner = q.user_name "
    "ORDER BY 1";
constexpr char kLeased[] =
    "SELECT j.owner, count(*), count(DISTINCT s.worker_id) "
    "FROM shards s JOIN runs r USING (run_id) JOIN jobs j USING (job_id) "
    "WHERE s.state = 'leased' GROUP BY j.owner";

template <typename Integer = int64_t>
std::optional<Integer> ReadLimit(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::optional<Integer>(field.as<Integer>());
}

Quota ReadQuota(const pqxx::row& row) {
  return {
      row[0].c_str(),      ReadLimit(row[1]),          ReadLimit(row[2]),         ReadLimit(row[3]),
      row[4].as<double>(), ReadLimit<int32_t>(row[5]), ReadLimit<int32_t>(row[6])};
}

// Where a job is submitted.
bool IsLimited(const Quota& quota) {
  return quota.queued_items.has_value() || quota.open_jobs.has_value() ||
         quota.stored_items.has_value();
}

bool IsSet(const Quota& quota) {
  return IsLimited(quota) || quota.weight != 1 || quota.most_shards.has_value() ||
         quota.most_workers.has_value();
}

QuotaUse ReadUse(pqxx::work& tx, const std::string& user) {
  const pqxx::row row = tx.exec_params1(kUse, PlainText(user));
  return {row[0].as<int64_t>(), row[1].as<int64_t>(), row[2].as<int64_t>()};
}

// As an argument of a statement: null where there is no limit.
struct Limit {
  explicit Limit(std::optional<int64_t> value) : text(absl::StrCat(value.value_or(0))) {
    argument = value.has_value() ? text.c_str() : nullptr;
  }
  std::string text;
  const char* argument;
};

absl::Status CheckLimit(absl::string_view what, const std::string& user, int64_t there,
                        int64_t more, std::optional<int64_t> limit) {
  if (!limit.has_value() || there <= *limit - more) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the quota of ", user, " is ", *limit, " ", what, ": there are ", there,
                   ", and this would add ", more,
                   "; wait until some are done, or ask an administrator (`assay limit set`)"));
}

}  // namespace

absl::Status CheckQuota(const QuotaAndUse& now, int64_t more_items) {
  const Quota& quota = now.quota;
  ASSAY_RETURN_IF_ERROR(CheckLimit("open jobs", quota.user, now.use.open_jobs, 1, quota.open_jobs));
  ASSAY_RETURN_IF_ERROR(
      CheckLimit("queued items", quota.user, now.use.queued_items, more_items, quota.queued_items));
  return CheckLimit("stored items", quota.user, now.use.stored_items, more_items,
                    quota.stored_items);
}

absl::Status QuotaStore::Set(const Quota& quota) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    if (!IsSet(quota)) {
      tx.exec_params(kRemove, PlainText(quota.user));
      return absl::OkStatus();
    }
    const Limit queued(quota.queued_items);
    const Limit open(quota.open_jobs);
    const Limit stored(quota.stored_items);
    const Limit shards(quota.most_shards);
    const Limit workers(quota.most_workers);
    tx.exec_params(kSet, PlainText(quota.user), queued.argument, open.argument, stored.argument,
                   quota.weight, shards.argument, workers.argument);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<QuotaAndUse>> QuotaStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<QuotaAndUse>> {
    std::vector<QuotaAndUse> quotas;
    for (const auto& row : tx.exec(kList)) quotas.push_back({ReadQuota(row)});
    for (QuotaAndUse& quota : quotas) {
      if (quota.quota.user != kEveryUser) quota.use = ReadUse(tx, quota.quota.user);
    }
    for (const auto& row : tx.exec(kLeased)) {
      for (QuotaAndUse& quota : quotas) {
        if (quota.quota.user != row[0].c_str()) continue;
        quota.use.leased_shards = row[1].as<int64_t>();
        quota.use.workers = row[2].as<int64_t>();
      }
    }
    return quotas;
  });
}

absl::StatusOr<QuotaAndUse> QuotaStore::Get(const std::string& user) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<QuotaAndUse> {
    QuotaAndUse found;
    const pqxx::result rows = tx.exec_params(kGet, PlainText(user));
    if (!rows.empty()) found.quota = ReadQuota(rows[0]);
    found.quota.user = user;
    if (IsLimited(found.quota)) found.use = ReadUse(tx, user);
    return found;
  });
}

}  // namespace assay
