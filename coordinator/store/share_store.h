// How the work of users is weighed, and how much of it runs at once.
#ifndef ASSAY_COORDINATOR_STORE_SHARE_STORE_H_
#define ASSAY_COORDINATOR_STORE_SHARE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/schedule/cluster_state.h"
#include "coordinator/store/database.h"

namespace assay {

struct StoredShare {
  OwnerShare share;
  bool set = false;  // otherwise it is what everybody has
  int64_t leased_shards = 0;
  int64_t workers = 0;  // that have leases of the owner's
  int64_t open_jobs = 0;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class ShareStore {
 public:
  explicit ShareStore(Database* database) : database_(database) {}

  // Of owners for whom something is set, or who have jobs that have not ended; in order of name.
  absl::StatusOr<std::vector<StoredShare>> List();
  // In place of what was set before.
  absl::Status Set(const OwnerShare& share);
  // NotFound when nothing was set.
  absl::Status Remove(const std::string& owner);
  // Of the two decisions at once that a job's priority is changed between, one goes by the old one.
  // NotFound for no such job, FailedPrecondition for one that has ended.
  absl::Status SetPriority(int64_t job_id, int priority);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SHARE_STORE_H_
