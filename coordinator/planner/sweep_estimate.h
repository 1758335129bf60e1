// What many runs take together: from the start to the end, and of all workers.
#ifndef ASSAY_COORDINATOR_PLANNER_SWEEP_ESTIMATE_H_
#define ASSAY_COORDINATOR_PLANNER_SWEEP_ESTIMATE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "coordinator/planner/cost_model.h"

namespace assay {

// A run that is estimated.
struct CostedRun {
  ModelSpec model;
  Precision precision = Precision::kBFloat16;
  RunCost cost;
  int64_t predictions = 0;
};

struct RunTime {
  double seconds = 0;         // of all workers of one engine together; 0: not known
  double device_seconds = 0;  // their sum
  EstimateBasis basis = EstimateBasis::kUnknown;
};

struct ModelTime {
  std::string model;
  int64_t runs = 0;
  double seconds = 0;         // if all workers of one engine did nothing else, with the load
  double device_seconds = 0;  // their sum, with the loads
  double load_seconds = 0;    // of one load
  EstimateBasis basis = EstimateBasis::kUnknown;  // the weakest of its runs
};

struct SweepTime {
  double seconds = 0;  // from the start to the end; 0: not known
  double device_seconds = 0;
  std::vector<ModelTime> models;  // in order of the runs
  std::vector<WorkerGroupSize> groups;
  EstimateMargin margin;
};

// The workers that go on with a run are of one engine; of those there are, the fastest together.
// Models behind endpoints take none of the workers' time. Pure.
RunTime TimeOf(const CostedRun& run, const CostModel& costs,
               absl::Span<const WorkerGroupSize> groups);

// Each model is done by all workers of one engine, one model after the other; the largest are
// placed first, each where it ends soonest. Pure.
SweepTime TimeOf(absl::Span<const CostedRun> runs, const CostModel& costs,
                 absl::Span<const WorkerGroupSize> groups);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_SWEEP_ESTIMATE_H_
