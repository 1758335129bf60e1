// Internal to the store: shards that may be what ends their workers (FailedShard, shard_store.h).
#ifndef ASSAY_COORDINATOR_STORE_SUSPECT_ROWS_H_
#define ASSAY_COORDINATOR_STORE_SUSPECT_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "coordinator/store/connection.h"

namespace assay {

struct SuspectLease {
  // The worker is to finish what it holds first: it is granted nothing of the run now.
  bool reserved = false;
  // One row of shard_id, attempt, lease_id and item_ordinals, or none.
  pqxx::result leased = {};
};

// Leases a suspect shard of the run to a worker that holds no lease in the same place (`remote`),
// or reserves one for a worker that does, for as long as a lease takes. Of several workers one is
// held up for a suspect; the others get other shards.
SuspectLease LeaseSuspect(pqxx::work& tx, int64_t run_id, const std::string& worker_id, bool remote,
                          absl::Duration lease_time);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SUSPECT_ROWS_H_
