// Internal to the store: a data set's rows.
#ifndef ASSAY_COORDINATOR_STORE_DATASET_ROWS_H_
#define ASSAY_COORDINATOR_STORE_DATASET_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/item.h"
#include "coordinator/store/connection.h"

namespace assay {

// InvalidArgument, naming the item, for text that the database cannot hold.
absl::Status CheckStorable(const Item& item);
void CopyItems(pqxx::work& tx, int64_t dataset_id, absl::Span<const Item> items);
// All items in order of their ordinals; none for an unknown data set.
absl::StatusOr<std::vector<Item>> ReadAllItems(pqxx::work& tx, const std::string& benchmark,
                                               const std::string& sha256);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_DATASET_ROWS_H_
