// How much there is to do, and who does it: what monitoring asks for.
#ifndef ASSAY_COORDINATOR_STORE_QUEUE_STORE_H_
#define ASSAY_COORDINATOR_STORE_QUEUE_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/store/database.h"

namespace assay {

// How far a run is.
struct RunCounts {
  int64_t job_id = 0;
  std::string model;
  std::string benchmark;
  int64_t items = 0;
  int64_t done = 0;    // predictions and errors
  int64_t failed = 0;  // of those, the errors
};

struct QueueState {
  int64_t pending_shards = 0;  // of jobs that are not paused
  int64_t paused_shards = 0;
  int64_t leased_shards = 0;
  int64_t overdue_leases = 0;  // past their deadline, and not taken back yet
  int64_t pending_items = 0;   // of the pending shards
  absl::Duration oldest_pending = absl::ZeroDuration();  // since the submission of its job
  std::map<std::string, int64_t> jobs;                   // by state, those that have not ended
  std::map<std::string, int64_t> workers;                // connected, by engine
  // Of jobs that have not ended, and of the latest ones that did within kRecently; of
  // kMostRuns runs at most.
  std::vector<RunCounts> runs = {};
  int64_t database_bytes = 0;
  // Of the server, where that is on this machine and says so; else empty.
  std::string data_directory = {};
};

// Thread-safe. Unavailable when the database is not reachable.
class QueueStore {
 public:
  explicit QueueStore(Database* database) : database_(database) {}

  static constexpr int kMostRuns = 200;
  static constexpr absl::Duration kRecently = absl::Minutes(15);

  // One transaction, whose cost does not grow with what has ended.
  absl::StatusOr<QueueState> Read();

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_QUEUE_STORE_H_
