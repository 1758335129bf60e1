#include <utility>

#include "common/base/status_macros.h"
#include "coordinator/planner/planner.h"

namespace assay {

absl::StatusOr<Costing> Planner::CostingFor(const EstimateRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(std::vector<StoredWorker> workers, workers_->List());
  Measurements measurements;
  if (work_ != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(measurements, work_->Read());
  }
  CostModel costs(std::move(measurements), workers);
  std::vector<WorkerGroupSize> groups = ConnectedGroups(workers);
  if (!request.workers.empty()) {
    std::string usual = costs.MostMeasuredKind();
    if (!groups.empty()) usual = groups.front().kind;
    groups = request.workers;
    for (WorkerGroupSize& group : groups) {
      if (group.kind.empty()) group.kind = usual;
    }
  }
  return Costing{std::move(costs), std::move(groups), std::move(workers)};
}

absl::StatusOr<double> Planner::AddTime(const ModelSpec& model, const Costing& costing,
                                        PlannedRun* planned) {
  const RunSettings& settings = planned->run.spec.settings;
  const int64_t predictions = planned->items * settings.sampling.samples;
  planned->expected = costing.costs.Learnt(planned->run.spec, model, predictions, planned->cost);
  if (model.remote.has_value()) {
    ASSAY_ASSIGN_OR_RETURN(const double speed,
                           jobs_->MeasuredTokensPerSecond(model.name, settings.precision));
    if (speed > 0 && !costing.groups.empty()) {
      planned->seconds = static_cast<double>(planned->expected.work()) / speed;
    }
    return speed;
  }
  const RunTime time = TimeOf({model, settings.precision, planned->expected, predictions},
                              costing.costs, costing.groups);
  planned->seconds = time.seconds;
  planned->device_seconds = time.device_seconds;
  planned->basis = time.basis;
  planned->run.estimated_device_seconds = time.device_seconds;
  planned->run.estimate_basis = BasisName(time.basis);
  return time.seconds > 0 ? static_cast<double>(planned->expected.work()) / time.seconds : 0;
}

absl::StatusOr<SweepTime> Planner::Estimate(absl::Span<const PlannedRun> runs,
                                            const EstimateRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(const Costing costing, CostingFor(request));
  std::vector<CostedRun> costed;
  for (const PlannedRun& run : runs) {
    const RunSettings& settings = run.run.spec.settings;
    costed.push_back(
        {run.model, settings.precision, run.expected, run.items * settings.sampling.samples});
  }
  return TimeOf(costed, costing.costs, costing.groups);
}

}  // namespace assay
