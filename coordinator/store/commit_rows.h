// Internal to the store: graded items go in, and the counters with them.
#ifndef ASSAY_COORDINATOR_STORE_COMMIT_ROWS_H_
#define ASSAY_COORDINATOR_STORE_COMMIT_ROWS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/domain/worker.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// Writes predictions, scores and counters of a shard that the transaction holds the lock on, marks
// it done, and ends its run and job when that was the last.
void StoreShard(pqxx::work& tx, const LeaseKey& key, int64_t run_id,
                absl::Span<const GradedItem> items);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_COMMIT_ROWS_H_
