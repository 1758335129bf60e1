// Internal to the store: the sums over scores that hang together, in run_clusters and run_groups.
#ifndef ASSAY_COORDINATOR_STORE_CLUSTER_ROWS_H_
#define ASSAY_COORDINATOR_STORE_CLUSTER_ROWS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "common/domain/item.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// The column items.cluster of each item: the ordinal of the first item of its group with the
// same text in its field "passage"; none for an item that shares it with no other, or has none.
std::vector<std::optional<int64_t>> ItemClusters(absl::Span<const Item> items);

// Adds newly scored items of a run to its sums. Their rows of run_groups are there, and locked by
// this transaction.
void AddToClusters(pqxx::work& tx, int64_t run_id, absl::Span<const GradedItem* const> items);

// Computes the run's sums anew from its scores by the grader that the run names. Its rows of
// run_groups are there.
void RecountClusters(pqxx::work& tx, int64_t run_id);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_CLUSTER_ROWS_H_
