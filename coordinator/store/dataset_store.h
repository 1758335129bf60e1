// Datasets and their items.
#ifndef ASSAY_COORDINATOR_STORE_DATASET_STORE_H_
#define ASSAY_COORDINATOR_STORE_DATASET_STORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/item.h"
#include "coordinator/store/database.h"

namespace assay {

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class DatasetStore {
 public:
  explicit DatasetStore(Database* database) : database_(database) {}

  // Stores the items, unless the content (benchmark and sha256) is there already, and lets the name
  // point to it. True when the name already did, and nothing was changed. `items` are in order of
  // their ordinals. InvalidArgument names an item that cannot be stored.
  absl::StatusOr<bool> Import(const DatasetInfo& dataset, absl::Span<const Item> items);

  // One for each name, in order of name.
  absl::StatusOr<std::vector<DatasetInfo>> List();
  // What the name points to now; NotFound.
  absl::StatusOr<DatasetInfo> FindByName(const std::string& name);
  // All items in order of their ordinals; NotFound.
  absl::StatusOr<std::vector<Item>> ReadItems(const std::string& benchmark,
                                              const std::string& sha256);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_DATASET_STORE_H_
