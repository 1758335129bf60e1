// Whether a run was asked for before.
#ifndef ASSAY_COORDINATOR_STORE_RUN_LOOKUP_H_
#define ASSAY_COORDINATOR_STORE_RUN_LOOKUP_H_

#include <optional>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"

namespace assay {

struct FoundRun {
  RunSpec spec;
  State state = State::kPending;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class RunLookup {
 public:
  explicit RunLookup(Database* database) : database_(database) {}

  // A run of this service's workers with the same model, data, benchmark and settings as `spec`
  // that is completed, or else under way; the newest of several. Of `spec` the ids do not count.
  absl::StatusOr<std::optional<FoundRun>> FindSame(const RunSpec& spec);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_RUN_LOOKUP_H_
