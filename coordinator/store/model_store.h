// Registered models. A name, once given, names the same weights for ever.
#ifndef ASSAY_COORDINATOR_STORE_MODEL_STORE_H_
#define ASSAY_COORDINATOR_STORE_MODEL_STORE_H_

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
  // AlreadyExists when the name is another model's.
  absl::StatusOr<bool> Add(const ModelSpec& model);
  // In order of name.
  absl::StatusOr<std::vector<ModelSpec>> List();
  // NotFound, naming the models there are.
  absl::StatusOr<ModelSpec> Find(const std::string& name);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_MODEL_STORE_H_
