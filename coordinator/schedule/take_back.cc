// What the last workers still hold when others have nothing left to do.
#include <algorithm>
#include <optional>

#include "coordinator/schedule/scheduler.h"

namespace assay {
namespace {

// A lease is taken back when its worker would end it later than the asker by this factor and a
// second, and so often at most, beside its failures.
constexpr double kLateFactor = 2;
constexpr int kMostTakenBack = 2;

// When a worker ends its leases, one after the other.
class Queue {
 public:
  Queue(const WorkerSpeed& speed, absl::Time now)
      : factor_(speed.factor),
        elapsed_(speed.busy_since > now ? 0 : absl::ToDoubleSeconds(now - speed.busy_since)) {}

  // Seconds until the next lease is done, which takes a worker of its kind `seconds`.
  double Add(double seconds) {
    const double taken = seconds / factor_;
    if (first_) {
      first_ = false;
      // One that is overdue may take as long again.
      end_ = std::max(taken - elapsed_, elapsed_ - taken);
    } else {
      end_ += taken;
    }
    return end_;
  }

 private:
  const double factor_;
  const double elapsed_;
  bool first_ = true;
  double end_ = 0;
};

}  // namespace

void Scheduler::TakeBack(const Asker& asker, const SpeedOf& speeds, absl::Time now,
                         Decision& decision) const {
  std::map<std::string, Queue> queues;
  std::map<std::string, int> kinds;
  for (const WorkerInfo& worker : state_.workers) {
    kinds[worker.worker_id] = kinds_.Known(worker);
  }
  const HeldLease* latest = nullptr;
  double most_saved = 0;
  for (const HeldLease& lease : state_.leases) {
    const auto index = run_index_.find(lease.run_id);
    const auto kind = kinds.find(lease.worker_id);
    // What a worker holds that is not there any more runs out; that it does is held against it.
    if (index == run_index_.end() || kind == kinds.end() || kind->second < 0) continue;
    const QueuedRun& run = state_.runs[index->second];
    const double rate = kinds_.speed(kind->second, run.model).tokens_per_second;
    if (run.remote || rate <= 0) continue;
    const double tokens = static_cast<double>(lease.items) * run.tokens_per_item;
    const double end = queues.try_emplace(lease.worker_id, speeds(lease.worker_id), now)
                           .first->second.Add(tokens / rate);
    if (!run.may_cut || lease.failures > 0 || lease.attempt > kMostTakenBack ||
        lease.worker_id == asker.ask->worker.worker_id || !MayRun(run, asker) ||
        !WithinLimits(run, *asker.ask)) {
      continue;
    }
    const double own = LoadSeconds(run.model, asker) + tokens / Rate(run.model, asker);
    const double saved = end - kLateFactor * own - 1;
    if (saved > most_saved) {
      most_saved = saved;
      latest = &lease;
    }
  }
  if (latest == nullptr) return;
  RunChoice choice = Choose(state_.runs[run_index_.at(latest->run_id)], asker);
  choice.take_back = *latest;
  decision.choices.push_back(choice);
}

}  // namespace assay
