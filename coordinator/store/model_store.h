// Registered models. A name names the same weights as long as runs are stored under it.
#ifndef ASSAY_COORDINATOR_STORE_MODEL_STORE_H_
#define ASSAY_COORDINATOR_STORE_MODEL_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/model_spec.h"
#include "coordinator/store/database.h"

namespace assay {

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class ModelStore {
 public:
  explicit ModelStore(Database* database) : database_(database) {}

  // True when the very same model (name, path, weights and tokenizer) is there already; of a remote
  // one, prices, limits, the key's name and the context's length are then those of `model`.
  // AlreadyExists when the name is another model's. One that was removed comes back, from any path.
  absl::StatusOr<bool> Add(const ModelSpec& model);
  // In order of name; with those, too, that were removed and have runs.
  absl::StatusOr<std::vector<ModelSpec>> List(bool with_removed = false);
  // NotFound, naming the models there are.
  absl::StatusOr<ModelSpec> Find(const std::string& name);
  // Nothing new is run with the model; the number of its runs, which stay as they are. With none,
  // all of its row goes and the name is free. NotFound, as of Find; FailedPrecondition, naming the
  // jobs, while a run of it has not ended.
  absl::StatusOr<int64_t> Remove(const std::string& name);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_MODEL_STORE_H_
