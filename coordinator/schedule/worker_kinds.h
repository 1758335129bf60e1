// Workers that are alike, and how fast each kind is with each model.
#ifndef ASSAY_COORDINATOR_SCHEDULE_WORKER_KINDS_H_
#define ASSAY_COORDINATOR_SCHEDULE_WORKER_KINDS_H_

#include <map>
#include <string>
#include <vector>

#include "coordinator/schedule/cluster_state.h"

namespace assay {

struct KindSpeed {
  double tokens_per_second = 0;  // 0: the model does not fit
  double load_seconds = 0;
};

// Measured of the model on the kind where that is known. Else half of the rate of matrix products,
// two operations for each parameter and token, and a gigabyte of weights loaded in a second. 0 when
// the memory of the worker is known and too small.
KindSpeed SpeedOn(const WorkerInfo& worker, const QueuedModel& model, const ModelSpeed* measured);

// All that a decision looks at in a worker: of two workers the same when it may be the same.
std::string ScheduleKind(const WorkerInfo& worker);

// Not thread-safe.
class WorkerKinds {
 public:
  // Of the models and measured speeds of `state`, which is read again for kinds that come later.
  void Update(const ClusterState* state);
  // The kind's number, from 0 on; stays the same until the next update.
  int Find(const WorkerInfo& worker);
  // The same, or -1 for a kind that Find was not asked for.
  int Known(const WorkerInfo& worker) const;

  // Of the kinds, by number.
  const std::vector<std::string>& names() const { return names_; }
  int count() const { return static_cast<int>(speeds_.size()); }
  const KindSpeed& speed(int kind, int model) const { return speeds_[kind][model]; }

 private:
  // Of each model. What is measured of some of them corrects what is assumed of the others.
  std::vector<KindSpeed> SpeedsOf(const WorkerInfo& worker) const;

  const ClusterState* state_ = nullptr;
  std::map<std::string, int> index_;
  std::vector<std::string> names_;
  std::vector<std::vector<KindSpeed>> speeds_;  // by kind and model
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_WORKER_KINDS_H_
