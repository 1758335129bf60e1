// Internal to the store: graded items go in, and the counters with them.
#ifndef ASSAY_COORDINATOR_STORE_COMMIT_ROWS_H_
#define ASSAY_COORDINATOR_STORE_COMMIT_ROWS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/domain/worker.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// A shard that is done.
struct DoneShard {
  LeaseKey key;
  int64_t run_id = 0;
  absl::Span<const GradedItem> items;
  // False: each of the items is a cluster of its own (cluster_rows.h).
  bool clustered = true;
};

// Writes predictions, scores and counters of different shards, whose rows the transaction has
// locked, marks them done, and ends the runs and jobs whose last they were.
void StoreShards(pqxx::work& tx, absl::Span<const DoneShard> shards);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_COMMIT_ROWS_H_
