// Many settings at once, and only what was not done before.
#ifndef ASSAY_COORDINATOR_PLANNER_SWEEP_H_
#define ASSAY_COORDINATOR_PLANNER_SWEEP_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "coordinator/planner/planner.h"
#include "coordinator/store/run_lookup.h"

namespace assay {

struct SweepPlan {
  std::vector<PlannedRun> runs;    // to be done, each once
  std::vector<FoundRun> existing;  // that are completed or under way already
};

// Every part is models × datasets by one setting; what comes twice once settings are resolved is
// done once. With `again` nothing counts as existing.
absl::StatusOr<SweepPlan> PlanSweep(absl::Span<const JobRequest> parts, bool again,
                                    Planner& planner, RunLookup& lookup);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_SWEEP_H_
