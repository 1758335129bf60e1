// What a worker is to be leased: the outcome of a decision.
#ifndef ASSAY_COORDINATOR_SCHEDULE_RUN_CHOICE_H_
#define ASSAY_COORDINATOR_SCHEDULE_RUN_CHOICE_H_

#include <cstdint>
#include <optional>

#include "coordinator/schedule/cluster_state.h"

namespace assay {

// Of the run's pending shards, at most so many.
struct RunChoice {
  int64_t run_id = 0;
  int count = 0;
  int64_t most_items = 0;  // predictions of each; 0: as the shards are cut
  // To be taken back from its worker first.
  std::optional<CurrentLease> take_back = std::nullopt;
  // That a worker of this kind is expected to take for an item, and to load the model where it has
  // to.
  double seconds_per_item = 0;
  double load_seconds = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_RUN_CHOICE_H_
