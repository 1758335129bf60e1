// Predictions of earlier runs that may be those of a run which is under way.
#ifndef ASSAY_COORDINATOR_STORE_REUSE_STORE_H_
#define ASSAY_COORDINATOR_STORE_REUSE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "coordinator/store/database.h"

namespace assay {

// A run that may be taken from.
struct ReuseSource {
  int64_t run_id = 0;
  int64_t dataset_id = 0;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class ReuseStore {
 public:
  explicit ReuseStore(Database* database) : database_(database) {}

  // At most `limit` runs with the same reuse_key and the same engine, those on the same data set
  // first, then the newest; none for a run that takes nothing, or that has not started.
  absl::StatusOr<std::vector<ReuseSource>> Sources(int64_t run_id, int limit);

  // What these runs have of the items, found by their names, up to sample `samples`: without
  // prompts, and each with the run that computed it. Errors, and what has no request_digest, are
  // left out.
  absl::StatusOr<std::vector<Prediction>> Find(absl::Span<const ReuseSource> sources,
                                               const std::vector<std::string>& item_ids,
                                               int samples);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_REUSE_STORE_H_
