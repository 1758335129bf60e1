// What is set for users: how much of each there may be, and how their work shares the workers.
#ifndef ASSAY_COORDINATOR_STORE_QUOTA_STORE_H_
#define ASSAY_COORDINATOR_STORE_QUOTA_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/store/database.h"

namespace assay {

// Whoever has no row of their own.
inline constexpr char kEveryUser[] = "*";

// What is not there is not limited.
struct Quota {
  std::string user;
  std::optional<int64_t> queued_items = {};  // that are not done, of all of the user's jobs
  std::optional<int64_t> open_jobs = {};     // that have not ended
  std::optional<int64_t> stored_items = {};  // done and to be done, of all jobs that are there
  // When it is leased (docs/scheduling.md): of the workers' time, above 0 and at most kMostWeight;
  // shards leased at once, and workers that have leases at once, above 0.
  double weight = 1;
  std::optional<int32_t> most_shards = {};
  std::optional<int32_t> most_workers = {};
};
inline constexpr double kMostWeight = 1000;

struct QuotaUse {
  int64_t queued_items = 0;
  int64_t open_jobs = 0;
  int64_t stored_items = 0;
  int64_t leased_shards = 0;
  int64_t workers = 0;  // that have leases of the user's
};

struct QuotaAndUse {
  Quota quota;
  QuotaUse use = {};
};

// ResourceExhausted, with the figures, when `more` items in one more job are too many.
absl::Status CheckQuota(const QuotaAndUse& now, int64_t more_items);

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class QuotaStore {
 public:
  explicit QuotaStore(Database* database) : database_(database) {}

  // In place of the user's earlier one; one of weight 1 without limits removes it.
  absl::Status Set(const Quota& quota);
  // Those that were set, and, with no limits, the other owners of jobs that have not ended.
  absl::StatusOr<std::vector<QuotaAndUse>> List();
  // The user's own, or everybody's; what is there is not counted where nothing is limited, and what
  // is leased never is.
  absl::StatusOr<QuotaAndUse> Get(const std::string& user);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_QUOTA_STORE_H_
