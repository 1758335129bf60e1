// How much there is to do, and who does it: what monitoring asks for.
#ifndef ASSAY_COORDINATOR_STORE_QUEUE_STORE_H_
#define ASSAY_COORDINATOR_STORE_QUEUE_STORE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/store/database.h"

namespace assay {

struct QueueState {
  int64_t pending_shards = 0;  // of jobs that are not paused
  int64_t paused_shards = 0;
  int64_t leased_shards = 0;
  int64_t overdue_leases = 0;  // past their deadline, and not taken back yet
  int64_t pending_items = 0;   // of the pending shards
  absl::Duration oldest_pending = absl::ZeroDuration();  // since the submission of its job
  std::map<std::string, int64_t> jobs;                   // by state, those that have not ended
  std::map<std::string, int64_t> workers;                // connected, by engine
};

// Thread-safe. Unavailable when the database is not reachable.
class QueueStore {
 public:
  explicit QueueStore(Database* database) : database_(database) {}

  // One transaction, whose cost does not grow with what has ended.
  absl::StatusOr<QueueState> Read();

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_QUEUE_STORE_H_
