// What is known of models beside their files.
#ifndef ASSAY_COORDINATOR_STORE_MODEL_FACTS_STORE_H_
#define ASSAY_COORDINATOR_STORE_MODEL_FACTS_STORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/model_facts.h"
#include "coordinator/store/database.h"

namespace assay {

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class ModelFactsStore {
 public:
  explicit ModelFactsStore(Database* database) : database_(database) {}

  struct Counts {
    int added = 0;
    int changed = 0;  // other facts were known of them
  };
  // Replaces all facts of these models, whether they are registered or not. Of facts of one name
  // the last count. InvalidArgument for text that cannot be stored; nothing is then.
  absl::StatusOr<Counts> Put(absl::Span<const ModelFacts> facts);
  // In order of name.
  absl::StatusOr<std::vector<ModelFacts>> List();
  // NotFound.
  absl::StatusOr<ModelFacts> Find(const std::string& name);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_MODEL_FACTS_STORE_H_
