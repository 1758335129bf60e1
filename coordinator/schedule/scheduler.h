// Which shards a worker that asks is given. One class for the coordinators and for the simulator
// (tests/bench/schedule): it knows nothing of databases, threads and clocks.
//
//   Scheduler scheduler;
//   scheduler.Update(state, speeds, now);                     // the queue, read once a second or
//   so const Decision decision = scheduler.Decide(ask, speeds, now);
//   ... the store leases what it can of decision.choices, in this order ...
//   scheduler.Granted(ask, run_id, items, speeds, now);
//
// What is decided, in this order:
//   - what the worker may run: engine, sandbox, memory, limits of the owner;
//   - the highest priority that has something worth while for it;
//   - the owner who has had least of the workers' time lately, for his weight; whoever has a model
//     loaded stays with it until the difference is worth a load;
//   - the model: the one that is loaded, unless the plan has better work for this kind of worker;
//     else one that is planned for this kind of worker
//     (kind_plan.h) and nobody has loaded, the longest first; else the one that would be done last,
//     if that is later than it takes to load it;
//   - how many items: some seconds' worth, and less towards a model's end, so that its workers end
//     together;
//   - and where nothing is left, whether to take back what a slower worker would do later.
// docs/scheduling.md tells why.
#ifndef ASSAY_COORDINATOR_SCHEDULE_SCHEDULER_H_
#define ASSAY_COORDINATOR_SCHEDULE_SCHEDULER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/schedule/cluster_state.h"
#include "coordinator/schedule/kind_plan.h"
#include "coordinator/schedule/owner_usage.h"
#include "coordinator/schedule/run_choice.h"
#include "coordinator/schedule/serving.h"
#include "coordinator/schedule/speed_meter.h"
#include "coordinator/schedule/worker_kinds.h"

namespace assay {

struct LeaseAsk {
  WorkerInfo worker;
  int count = 0;  // leases, at most
  // By weights_sha256 and precision; empty: nothing is loaded.
  std::string loaded_sha256 = "";
  Precision loaded_precision = Precision::kBFloat16;
  bool remote = false;  // leases of remote models are asked for
};

struct Decision {
  // In order of preference; the later ones for when somebody else is at the first. None: there is
  // nothing for the worker.
  std::vector<RunChoice> choices;
};

// What a SpeedMeter knows of workers.
using SpeedOf = std::function<WorkerSpeed(const std::string& worker_id)>;

// Not thread-safe.
class Scheduler {
 public:
  void Update(ClusterState state, const SpeedOf& speeds, absl::Time now);
  Decision Decide(const LeaseAsk& ask, const SpeedOf& speeds, absl::Time now);
  // So that the next decisions count with it, until the next update.
  void Granted(const LeaseAsk& ask, int64_t run_id, int64_t items, const SpeedOf& speeds,
               absl::Time now);
  // The same for a run of which nothing could be leased, although it seemed so.
  void Exhausted(int64_t run_id);

  const ClusterState& state() const { return state_; }

 private:
  // An ask, with what follows from it.
  struct Asker {
    const LeaseAsk* ask = nullptr;
    int kind = 0;
    WorkerSpeed speed;
    // The model that it has loaded or was leased last; -1: none that is queued.
    int serving = -1;
  };
  using Runs = std::vector<const QueuedRun*>;

  void Plan(const std::vector<double>& workers, absl::Time now);
  Asker Resolve(const LeaseAsk& ask, const SpeedOf& speeds);
  bool MayRun(const QueuedRun& run, const Asker& asker) const;
  bool WithinLimits(const QueuedRun& run, const LeaseAsk& ask) const;
  double Rate(int model, const Asker& asker) const;
  double LoadSeconds(int model, const Asker& asker) const;
  // Of the asker's time until the model that it serves is done: what others would do at a lower
  // price.
  double WastedSeconds(const Asker& asker) const;
  // Of `runs`, their models in the order in which the asker should take them; those that are not
  // worth a load are left out.
  std::vector<int> RankModels(const Runs& runs, const Asker& asker) const;
  RunChoice Choose(const QueuedRun& run, const Asker& asker) const;
  // Runs of one priority.
  void DecideAmong(const Runs& runs, const Asker& asker, Decision& decision) const;
  void DecideRemote(Runs runs, const Asker& asker, Decision& decision) const;
  // Leases by the seconds until their workers end them.
  void FindLate(const SpeedOf& speeds, absl::Time now);
  void TakeBack(const Asker& asker, const SpeedOf& speeds, absl::Time now, Decision& decision);

  ClusterState state_;
  std::map<int64_t, size_t> run_index_;
  std::map<std::string, int64_t> owner_leases_;
  std::map<std::string, std::set<std::string>> owner_workers_;
  WorkerKinds kinds_;
  Serving serving_;
  OwnerUsage usage_;
  KindPlan plan_;
  struct LateLease {
    size_t lease = 0;  // its place in state_.leases
    size_t run = 0;    // likewise
    double tokens = 0;
    double seconds = 0;
  };
  std::vector<LateLease> late_;  // the latest first
  bool late_known_ = false;      // since the update
  // What the plan is of.
  std::vector<std::string> planned_models_;
  std::vector<std::string> planned_kinds_;
  absl::Time planned_ = absl::InfinitePast();
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SCHEDULE_SCHEDULER_H_
