// Which worker computes which model, and when each model would be done.
#ifndef ASSAY_COORDINATOR_SCHEDULE_SERVING_H_
#define ASSAY_COORDINATOR_SCHEDULE_SERVING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace assay {

struct ServingWorker {
  int model = -1;  // -1: none
  int kind = 0;
  double rate = 0;                          // tokens per second of the model
  absl::Time ready = absl::InfinitePast();  // when it is loaded
};

// Not thread-safe.
class Serving {
 public:
  void Reset(size_t models, int kinds, absl::Time now);
  // In place of what the worker did before.
  void Set(const std::string& worker_id, const ServingWorker& serving);
  const ServingWorker* Find(const std::string& worker_id) const;

  // Tokens that wait for a worker.
  double pending(int model) const { return models_[model].pending; }
  void AddPending(int model, double tokens) { models_[model].pending += tokens; }

  // Tokens per second of the workers that have the model; of one kind where it is not negative.
  double Rate(int model, int kind) const;
  // Seconds until `share` of what waits is computed by them. Infinite when there are none.
  double Finish(int model, int kind, double share) const;

 private:
  struct OfKind {
    double rate = 0;
    double missing = 0;  // tokens that are not computed while models load
  };
  struct OfModel {
    double pending = 0;
    std::vector<OfKind> kinds;
  };
  void Count(const ServingWorker& serving, double sign);
  OfKind Sum(int model, int kind) const;

  absl::Time now_;
  std::vector<OfModel> models_;
  std::map<std::string, ServingWorker> workers_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_SERVING_H_
