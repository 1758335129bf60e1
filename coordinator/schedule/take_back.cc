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
// One that ended more workers may be what ends them, and is left to the one that has it.
constexpr int kMostFailures = 1;

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

void Scheduler::FindLate(const SpeedOf& speeds, absl::Time now) {
  late_known_ = true;
  late_.clear();
  std::map<std::string, Queue> queues;
  std::map<std::string, int> kinds;
  for (const WorkerInfo& worker : state_.workers) {
    kinds[worker.worker_id] = kinds_.Known(worker);
  }
  for (size_t i = 0; i < state_.leases.size(); ++i) {
    const CurrentLease& lease = state_.leases[i];
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
    if (run.may_cut && lease.failures <= kMostFailures &&
        lease.attempt <= kMostTakenBack + lease.failures) {
      late_.push_back({i, index->second, tokens, end});
    }
  }
  std::sort(late_.begin(), late_.end(),
            [](const LateLease& a, const LateLease& b) { return a.seconds > b.seconds; });
}

void Scheduler::TakeBack(const Asker& asker, const SpeedOf& speeds, absl::Time now,
                         Decision& decision) {
  const std::string& worker_id = asker.ask->worker.worker_id;
  // It has something to do.
  if (serving_.Find(worker_id) != nullptr) return;
  if (!late_known_) FindLate(speeds, now);
  auto latest = late_.end();
  double most_saved = 0;
  for (auto late = late_.begin(); late != late_.end(); ++late) {
    if (late->seconds - 1 <= most_saved) break;
    const QueuedRun& run = state_.runs[late->run];
    if (state_.leases[late->lease].worker_id == worker_id || !MayRun(run, asker) ||
        !WithinLimits(run, *asker.ask)) {
      continue;
    }
    const double own = LoadSeconds(run.model, asker) + late->tokens / Rate(run.model, asker);
    const double saved = late->seconds - kLateFactor * own - 1;
    if (saved > most_saved) {
      most_saved = saved;
      latest = late;
    }
  }
  if (latest == late_.end()) return;
  RunChoice choice = Choose(state_.runs[latest->run], asker);
  choice.take_back = state_.leases[latest->lease];
  decision.choices.push_back(choice);
  // Whatever becomes of it, nobody else is to try the same.
  late_.erase(latest);
}

}  // namespace assay
