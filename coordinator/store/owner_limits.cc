#include "coordinator/store/owner_limits.h"

#include <algorithm>
#include <cstdint>

#include "coordinator/store/prepared.h"

namespace assay {
namespace {

constexpr char kLimits[] =
    "SELECT most_shards, most_workers FROM quotas WHERE user_name = (SELECT user_name FROM quotas "
    "    WHERE user_name IN ($1, '*') ORDER BY user_name = '*' LIMIT 1) "
    "  AND (most_shards IS NOT NULL OR most_workers IS NOT NULL) FOR UPDATE";
constexpr char kLeased[] =
    "SELECT count(*), count(DISTINCT s.worker_id), coalesce(bool_or(s.worker_id = $2), false) "
    "FROM shards s JOIN runs r USING (run_id) JOIN jobs j USING (job_id) "
    "WHERE s.state = 'leased' AND j.owner = $1";

}  // namespace

int CountWithinLimits(pqxx::work& tx, const std::string& owner, const std::string& worker_id,
                      int count) {
  const pqxx::result limits = ExecPrepared(tx, kLimits, owner);
  if (limits.empty()) return count;
  const pqxx::row leased = ExecPrepared(tx, kLeased, owner, worker_id)[0];
  if (!limits[0][1].is_null() && !leased[2].as<bool>() &&
      leased[1].as<int64_t>() >= limits[0][1].as<int64_t>()) {
    return 0;
  }
  if (limits[0][0].is_null()) return count;
  const int64_t left = limits[0][0].as<int64_t>() - leased[0].as<int64_t>();
  return static_cast<int>(std::clamp<int64_t>(left, 0, count));
}

}  // namespace assay
