// What workers hold now, and what happened to jobs: for people.
#ifndef ASSAY_COORDINATOR_STORE_ACTIVITY_STORE_H_
#define ASSAY_COORDINATOR_STORE_ACTIVITY_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/store/database.h"

namespace assay {

struct LeaseAtWork {
  std::string worker_id = "";
  int64_t job_id = 0;
  int64_t run_id = 0;
  std::string benchmark = "";
  std::string model = "";
  int64_t shard_id = 0;
  int64_t items = 0;
  int attempt = 0;
  absl::Time deadline = absl::InfiniteFuture();
};

struct StoredEvent {
  int64_t event_id = 0;
  absl::Time happened = absl::InfinitePast();
  std::string kind = "";
  int64_t run_id = 0;    // 0: of none
  int64_t shard_id = 0;  // 0: of none
  std::string message = "";
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class ActivityStore {
 public:
  explicit ActivityStore(Database* database) : database_(database) {}

  // Of the job, or of all (0), in order of worker and run; 10,000 at most.
  absl::StatusOr<std::vector<LeaseAtWork>> Leases(int64_t job_id);
  // Of the job and its runs, the newest first. NotFound.
  absl::StatusOr<std::vector<StoredEvent>> Events(int64_t job_id, int limit);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_ACTIVITY_STORE_H_
