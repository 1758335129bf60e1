// The workers that were ever seen.
#ifndef ASSAY_COORDINATOR_STORE_WORKER_STORE_H_
#define ASSAY_COORDINATOR_STORE_WORKER_STORE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/domain/worker.h"
#include "coordinator/store/database.h"

namespace assay {

// A worker that was not heard of for so long does not count as connected.
inline constexpr absl::Duration kWorkerConnected = absl::Seconds(15);

struct StoredWorker {
  WorkerInfo worker;
  bool connected = false;
  int leases = 0;  // that it holds now
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class WorkerStore {
 public:
  explicit WorkerStore(Database* database) : database_(database) {}

  // Notes that the worker is there, and what it says of itself. Returns the moment, for Left().
  absl::StatusOr<std::string> Seen(const WorkerInfo& worker);
  // Notes that these workers, which were seen before, are still there. The moment by worker; those
  // that are not known are not in it.
  absl::StatusOr<std::map<std::string, std::string>> Touch(
      absl::Span<const std::string> worker_ids);
  // The worker does not count as connected any more, unless it was seen again since `seen` (empty:
  // in any case), by another coordinator.
  absl::Status Left(const std::string& worker_id, const std::string& seen = "");
  // Those seen within the last day, in order of their ids.
  absl::StatusOr<std::vector<StoredWorker>> List();

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_WORKER_STORE_H_
