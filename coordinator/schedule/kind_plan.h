// Which kind of worker is to do which part of each model's work, so that all are done as early as
// possible: a linear program, solved nearly.
#ifndef ASSAY_COORDINATOR_SCHEDULE_KIND_PLAN_H_
#define ASSAY_COORDINATOR_SCHEDULE_KIND_PLAN_H_

#include <vector>

namespace assay {

struct PlannedModel {
  double tokens = 0;  // that are left
  // By kind: tokens per second of one worker (0: the model does not fit it), and the seconds that
  // it takes to load.
  std::vector<double> rates;
  std::vector<double> loads;
};

struct KindPlan {
  // By model and kind: the share of the model's tokens, 1 together. All 0 for a model that fits no
  // kind.
  std::vector<std::vector<double>> shares;
  // By model and kind: the share of a worker's time that is wasted when it computes the model, from
  // 0, where nobody does it at a lower price, to 1.
  std::vector<std::vector<double>> waste;
  double seconds = 0;  // that all kinds take for their shares
};

// `workers` is how many there are of each kind, in units of one at full speed. A worker that takes
// T seconds for a model's share loads it once, and so computes for T less its load. Shares below a
// hundredth are left out.
KindPlan PlanKinds(const std::vector<PlannedModel>& models, const std::vector<double>& workers);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_KIND_PLAN_H_
