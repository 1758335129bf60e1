// How much of the workers' time each user has had lately.
#ifndef ASSAY_COORDINATOR_SCHEDULE_OWNER_USAGE_H_
#define ASSAY_COORDINATOR_SCHEDULE_OWNER_USAGE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "coordinator/schedule/cluster_state.h"

namespace assay {

// Work is tokens times the model's parameters: what a worker's time is spent on. Of what was
// stored, half is forgotten each minute; of what is leased, all counts. It is read from the
// counters of runs, so several coordinators come to the same without telling each other. Not
// thread-safe.
class OwnerUsage {
 public:
  void Update(const ClusterState& state, absl::Time now);
  void Add(const std::string& owner, double work) { leased_[owner] += work; }
  // Divided by the owner's weight.
  double Of(const std::string& owner) const;

 private:
  std::map<std::string, double> served_;
  std::map<std::string, double> leased_;
  std::map<std::string, double> weights_;
  std::map<int64_t, int64_t> done_items_;  // by run, at the update before
  absl::Time updated_ = absl::InfinitePast();
};

// Of an item of the run.
double WorkPerItem(const ClusterState& state, const QueuedRun& run);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_OWNER_USAGE_H_
