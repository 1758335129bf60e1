#include "tests/bench/schedule/simulation.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/schedule/scheduler.h"
#include "tests/bench/schedule/event_queue.h"
#include "tests/bench/schedule/measured_speeds.h"
#include "tests/bench/schedule/simulated_cluster.h"
#include "tests/bench/schedule/simulated_queue.h"

namespace assay::simulation {
namespace {

constexpr int kShardsInFlight = 4;
constexpr double kUpdatePeriod = 1;  // of what a coordinator knows of the queue, at most
constexpr double kIdlePoll = 0.5;    // of a worker for which there was nothing
constexpr double kReapPeriod = 1;

absl::Time At(double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }

// What each coordinator keeps in memory.
struct Coordinator {
  Scheduler scheduler;
  SpeedMeter meter;
  double updated = -kNever;
  SpeedOf speeds;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options),
        random_(options.seed),
        cluster_(MakeCluster(options_, random_)),
        measured_(cluster_.models.size(), options_.kinds.size()) {
    QueueRuns(options_, cluster_, &queue_);
    result_.bound = BoundOf(cluster_, queue_, options_.kinds.size());
    for (const SimulatedJob& job : options_.jobs) submitted_.push_back(job.submitted <= 0);
    result_.job_ends.assign(options_.jobs.size(), 0);
    result_.served_until_first_end.assign(options_.jobs.size(), 0);
    for (SimulatedMachine& machine : cluster_.machines) {
      if (Uniform(random_) < options_.lost_share) {
        machine.lost = Uniform(random_) * result_.bound.seconds();
      }
    }
    for (int i = 0; i < options_.coordinators; ++i) {
      Coordinator& coordinator = *coordinators_.emplace_back(std::make_unique<Coordinator>());
      coordinator.speeds = [&coordinator](const std::string& id) {
        return coordinator.meter.Of(id);
      };
    }
    if (options_.speeds_known) measured_.AddAll(cluster_);
  }

  SimulationResult Run() {
    for (size_t i = 0; i < cluster_.machines.size(); ++i) {
      events_.Push(0, Event::kAsk, i);
      events_.Push(options_.lease_seconds / 3, Event::kHeartbeat, i);
    }
    for (const SimulatedJob& job : options_.jobs) {
      if (job.submitted > 0) events_.Push(job.submitted, Event::kSubmit, 0);
    }
    events_.Push(kReapPeriod, Event::kReap, 0);
    while (!queue_.done() && !events_.empty()) {
      const Event event = events_.Pop();
      now_ = event.time;
      if (now_ > 1e8) break;
      Handle(event);
    }
    Finish();
    return std::move(result_);
  }

 private:
  void Handle(const Event& event) {
    if (event.kind == Event::kReap) {
      const std::vector<int64_t> open = OpenLeases();
      const int expired = queue_.Reap(now_);
      result_.expired += expired;
      if (expired > 0) {
        for (const int64_t id : open) {
          if (queue_.leases().count(id) != 0) continue;
          for (const auto& coordinator : coordinators_) coordinator->meter.Ended(id, At(now_));
        }
      }
      events_.Push(now_ + kReapPeriod, Event::kReap, 0);
      return;
    }
    if (event.kind == Event::kSubmit) {
      for (size_t job = 0; job < options_.jobs.size(); ++job) {
        if (options_.jobs[job].submitted <= now_) submitted_[job] = true;
      }
      return;
    }
    SimulatedMachine& machine = cluster_.machines[event.machine];
    if (now_ >= machine.lost) return;
    switch (event.kind) {
      case Event::kAsk:
        Ask(event.machine);
        break;
      case Event::kDone:
        Done(event.machine, event.lease_id);
        break;
      case Event::kHeartbeat:
        Heartbeat(event.machine);
        break;
      default:
        break;
    }
  }

  std::vector<int64_t> OpenLeases() const {
    std::vector<int64_t> ids;
    for (const auto& [id, lease] : queue_.leases()) ids.push_back(id);
    return ids;
  }

  void Heartbeat(size_t index) {
    SimulatedMachine& machine = cluster_.machines[index];
    events_.Push(now_ + options_.lease_seconds / 3, Event::kHeartbeat, index);
    const int64_t computed = machine.held.empty() ? 0 : machine.held.front().lease_id;
    std::erase_if(machine.held, [&](const SimulatedLease& lease) {
      return !queue_.Renew(lease.lease_id, now_ + options_.lease_seconds);
    });
    if (machine.held.empty() || machine.held.front().lease_id != computed) {
      machine.time.End(now_, false);
      Compute(index);
    }
    if (static_cast<int>(machine.held.size()) < kShardsInFlight)
      events_.Push(now_, Event::kAsk, index);
  }

  void Compute(size_t index) {
    SimulatedMachine& machine = cluster_.machines[index];
    if (machine.time.working() || machine.held.empty()) return;
    const SimulatedLease& lease = machine.held.front();
    const int model = queue_.runs()[lease.run].queued.model;
    const double seconds = lease.tokens / (cluster_.rates[model][machine.kind] * machine.factor);
    double load = 0;
    if (machine.loaded != model) {
      load = cluster_.loads[model][machine.kind] / machine.factor;
      machine.loaded = model;
      ++machine.loads;
      ++result_.loads;
      measured_.AddLoad(model, machine.kind, load);
    }
    machine.time.Begin(now_, load);
    events_.Push(now_ + (seconds + load), Event::kDone, index, lease.lease_id);
  }

  void Done(size_t index, int64_t lease_id) {
    SimulatedMachine& machine = cluster_.machines[index];
    // One that was taken away meanwhile.
    if (machine.held.empty() || machine.held.front().lease_id != lease_id ||
        !machine.time.working()) {
      return;
    }
    const SimulatedLease lease = machine.held.front();
    machine.held.pop_front();
    const SimulatedRun& run = queue_.runs()[lease.run];
    const double seconds =
        lease.tokens / (cluster_.rates[run.queued.model][machine.kind] * machine.factor);
    Coordinator& coordinator = *coordinators_[machine.coordinator];
    const bool stored = queue_.Commit(lease_id);
    machine.time.End(now_, stored);
    if (stored) {
      coordinator.meter.Committed(lease_id, At(now_));
      measured_.AddWork(run.queued.model, machine.kind, lease.tokens, seconds);
      result_.job_ends[run.job] = now_;
      if (!one_ended_) result_.served_until_first_end[run.job] += seconds;
      if (run.queued.done_items == static_cast<int64_t>(run.stored.size())) {
        one_ended_ = one_ended_ || JobEnded(run.job);
      }
    } else {
      coordinator.meter.Ended(lease_id, At(now_));
    }
    Compute(index);
    Ask(index);
  }

  bool JobEnded(size_t job) const {
    return std::all_of(queue_.runs().begin(), queue_.runs().end(), [&](const SimulatedRun& run) {
      return run.job != job || run.queued.done_items == static_cast<int64_t>(run.stored.size());
    });
  }

  void Update(Coordinator& coordinator) {
    if (now_ - coordinator.updated < kUpdatePeriod) return;
    coordinator.updated = now_;
    ClusterState state;
    state.models = cluster_.models;
    queue_.Describe(submitted_, &state);
    for (const SimulatedMachine& machine : cluster_.machines) {
      // It is missed when its stream breaks.
      if (now_ < machine.lost) state.workers.push_back(machine.info);
    }
    measured_.Describe(options_.kinds, &state);
    state.shares = options_.shares;
    coordinator.scheduler.Update(std::move(state), coordinator.speeds, At(now_));
  }

  void Ask(size_t index) {
    SimulatedMachine& machine = cluster_.machines[index];
    Coordinator& coordinator = *coordinators_[machine.coordinator];
    const auto begin = std::chrono::steady_clock::now();
    bool any = false;
    while (static_cast<int>(machine.held.size()) < kShardsInFlight) {
      Update(coordinator);
      LeaseAsk ask;
      ask.worker = machine.info;
      ask.count = kShardsInFlight - static_cast<int>(machine.held.size());
      if (machine.loaded >= 0) {
        ask.loaded_sha256 = cluster_.models[machine.loaded].weights_sha256;
        ask.loaded_precision = cluster_.models[machine.loaded].precision;
      }
      ++decisions_;
      const Decision decision = coordinator.scheduler.Decide(ask, coordinator.speeds, At(now_));
      bool granted = false;
      for (const RunChoice& choice : decision.choices) {
        if (granted) break;
        granted = Grant(machine, coordinator, ask, choice);
      }
      if (!granted) break;
      any = true;
    }
    deciding_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    Compute(index);
    // One that holds something asks again when that is done.
    if (!any && machine.held.empty()) events_.Push(now_ + kIdlePoll, Event::kAsk, index);
  }

  bool Grant(SimulatedMachine& machine, Coordinator& coordinator, const LeaseAsk& ask,
             const RunChoice& choice) {
    if (choice.take_back.has_value()) {
      if (!queue_.TakeBack(choice.take_back->lease_id)) return false;
      ++result_.taken_back;
      for (const auto& other : coordinators_) {
        other->meter.Ended(choice.take_back->lease_id, At(now_));
      }
    }
    const std::vector<SimulatedLease> leases =
        queue_.Lease(choice.run_id, choice.count, choice.most_items, machine.info.worker_id,
                     now_ + options_.lease_seconds);
    if (leases.empty()) coordinator.scheduler.Exhausted(choice.run_id);
    bool first = true;
    for (const SimulatedLease& lease : leases) {
      const int64_t items = lease.shard.end - lease.shard.begin;
      coordinator.scheduler.Granted(ask, choice.run_id, items, coordinator.speeds, At(now_));
      coordinator.meter.Granted(machine.info.worker_id, lease.lease_id,
                                choice.seconds_per_item * static_cast<double>(items),
                                first ? choice.load_seconds : 0, At(now_));
      first = false;
      machine.held.push_back(lease);
      ++result_.leases;
    }
    return !leases.empty();
  }

  void Finish() {
    result_.complete = queue_.done();
    for (const SimulatedRun& run : queue_.runs()) {
      for (const uint8_t times : run.stored) result_.complete = result_.complete && times == 1;
    }
    result_.makespan = now_;
    for (SimulatedMachine& machine : cluster_.machines) {
      machine.time.Close(std::min(machine.lost, now_));
      result_.most_loads_of_one = std::max(result_.most_loads_of_one, machine.loads);
    }
    result_.lost_time = CountLostTime(cluster_.machines, result_.bound, now_);
    result_.decide_microseconds = decisions_ > 0 ? deciding_ / decisions_ * 1e6 : 0;
  }

  const SimulationOptions& options_;
  std::mt19937_64 random_;
  SimulatedCluster cluster_;
  SimulatedQueue queue_;
  std::vector<bool> submitted_;
  std::vector<std::unique_ptr<Coordinator>> coordinators_;
  MeasuredSpeeds measured_;
  EventQueue events_;
  double now_ = 0;
  bool one_ended_ = false;
  double deciding_ = 0;
  double decisions_ = 0;
  SimulationResult result_;
};

}  // namespace

SimulationResult Simulate(const SimulationOptions& options) { return Simulation(options).Run(); }

}  // namespace assay::simulation
