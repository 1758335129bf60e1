// Results that others published.
#ifndef ASSAY_COORDINATOR_STORE_BASELINE_STORE_H_
#define ASSAY_COORDINATOR_STORE_BASELINE_STORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/baseline.h"
#include "coordinator/store/database.h"

namespace assay {

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class BaselineStore {
 public:
  explicit BaselineStore(Database* database) : database_(database) {}

  // True when the very same content is there under this name, and nothing was changed.
  // AlreadyExists when the name is another's. `imported` is not read.
  absl::StatusOr<bool> Import(const Baseline& baseline);
  // In order of name, with or without their rows.
  absl::StatusOr<std::vector<Baseline>> List(bool rows);
  // NotFound, naming the baselines there are.
  absl::Status Remove(const std::string& name);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_BASELINE_STORE_H_
