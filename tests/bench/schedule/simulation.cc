#include "tests/bench/schedule/simulation.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <memory>
#include <queue>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/domain/worker_kind.h"
#include "coordinator/planner/cost.h"
#include "coordinator/schedule/memory_need.h"
#include "coordinator/schedule/scheduler.h"
#include "coordinator/schedule/worker_kinds.h"
#include "tests/bench/schedule/simulated_queue.h"

namespace assay::simulation {
namespace {

constexpr int kShardsInFlight = 4;
constexpr double kStragglerFactor = 0.1;
constexpr double kUpdatePeriod = 1;  // of what a coordinator knows of the queue, at most
constexpr double kIdlePoll = 0.5;    // of a worker for which there was nothing
constexpr double kReapPeriod = 1;
constexpr int64_t kContextLength = 2048;
constexpr double kNever = 1e18;

absl::Time At(double seconds) { return absl::UnixEpoch() + absl::Seconds(seconds); }

double Uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

struct Machine {
  WorkerInfo info;
  size_t kind = 0;
  double factor = 1;
  double lost = kNever;  // when
  size_t coordinator = 0;
  int loaded = -1;                  // model
  std::deque<SimulatedLease> held;  // the first one is computed
  bool computing = false;
  double next_heartbeat = 0;
  int loads = 0;
  double busy = 0;  // seconds that were spent on what was stored
};

struct Event {
  double time = 0;
  int64_t number = 0;  // of equals, the earlier one first
  enum Kind { kAsk, kDone, kHeartbeat, kReap, kSubmit } kind = kAsk;
  size_t machine = 0;
  int64_t lease_id = 0;
  bool operator>(const Event& other) const {
    return time != other.time ? time > other.time : number > other.number;
  }
};

// What each coordinator keeps in memory.
struct Coordinator {
  Scheduler scheduler;
  SpeedMeter meter;
  double updated = -kNever;
  SpeedOf speeds;
};

// Sums of what the workers of a kind reported of a model.
struct Measured {
  double tokens = 0;
  double seconds = 0;
  double load_seconds = 0;
  int loads = 0;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options) : options_(options), random_(options.seed) {
    MakeModels();
    MakeMachines();
    MakeRuns();
    result_.bound = Bound();
    for (Machine& machine : machines_) {
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
    measured_.assign(models_.size(), std::vector<Measured>(options_.kinds.size()));
  }

  SimulationResult Run() {
    for (size_t i = 0; i < machines_.size(); ++i) {
      machines_[i].coordinator = i % coordinators_.size();
      Push(0, Event::kAsk, i);
      Push(options_.lease_seconds / 3, Event::kHeartbeat, i);
    }
    for (const SimulatedJob& job : options_.jobs) {
      if (job.submitted > 0) Push(job.submitted, Event::kSubmit, 0);
    }
    Push(kReapPeriod, Event::kReap, 0);
    while (!queue_.done() && !events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.time;
      if (now_ > 1e8) break;
      Handle(event);
    }
    Finish();
    return std::move(result_);
  }

 private:
  void MakeModels() {
    for (const SimulatedJob& job : options_.jobs) {
      for (const SuiteModel& model : job.models) {
        const auto known = std::find_if(models_.begin(), models_.end(), [&](const QueuedModel& m) {
          return m.weights_sha256 == model.name;
        });
        if (known != models_.end()) continue;
        models_.push_back({model.name, Precision::kBFloat16, model.parameters,
                           MemoryNeed(model.parameters, kContextLength, Precision::kBFloat16)});
        std::vector<double>& rates = rates_.emplace_back();
        std::vector<double>& loads = loads_.emplace_back();
        for (const WorkerKind& kind : options_.kinds) {
          const bool fits = models_.back().memory_bytes <= kind.worker.memory_bytes;
          const double spread = 1 + options_.speed_spread * (2 * Uniform(random_) - 1);
          rates.push_back(fits ? kind.worker.gflops.at("bfloat16") * 1e9 * kind.efficiency *
                                     spread / (2 * static_cast<double>(model.parameters))
                               : 0);
          loads.push_back(2 * static_cast<double>(model.parameters) / kind.load_bytes_per_second);
        }
      }
    }
  }

  void MakeMachines() {
    for (size_t kind = 0; kind < options_.kinds.size(); ++kind) {
      for (int i = 0; i < options_.workers[kind]; ++i) {
        Machine& machine = machines_.emplace_back();
        machine.info = options_.kinds[kind].worker;
        machine.info.worker_id = absl::StrCat(options_.kinds[kind].name, "-", i);
        machine.kind = kind;
      }
    }
    // As they come, not kind by kind.
    for (size_t i = machines_.size(); i > 1; --i) {
      std::swap(machines_[i - 1], machines_[random_() % i]);
    }
    const auto stragglers = std::llround(options_.straggler_share * machines_.size());
    for (int64_t i = 0; i < stragglers; ++i) {
      machines_[i * machines_.size() / stragglers].factor = kStragglerFactor;
    }
    for (size_t i = 0; i < machines_.size(); ++i) index_[machines_[i].info.worker_id] = i;
  }

  void MakeRuns() {
    int64_t job_id = 0;
    for (const SimulatedJob& job : options_.jobs) {
      ++job_id;
      std::vector<QueuedRun> runs;
      for (const SuiteModel& model : job.models) {
        for (size_t b = 0; b < job.benchmarks.size(); ++b) {
          QueuedRun run;
          run.job_id = job_id;
          run.owner = job.owner;
          run.priority = job.priority;
          run.may_cut = true;
          for (size_t m = 0; m < models_.size(); ++m) {
            if (models_[m].weights_sha256 == model.name) run.model = static_cast<int>(m);
          }
          queue_.Add(run, job_id - 1, job.benchmarks[b], ShardItems(run, job.benchmarks[b]));
        }
      }
      submitted_.push_back(job.submitted <= 0);
    }
    result_.job_ends.assign(options_.jobs.size(), 0);
    result_.served_until_first_end.assign(options_.jobs.size(), 0);
  }

  // As the planner cuts a run when it is submitted.
  int64_t ShardItems(const QueuedRun& run, const SuiteBenchmark& benchmark) const {
    ShardSizing sizing;
    sizing.items = static_cast<int64_t>(benchmark.tokens.size());
    for (const int32_t tokens : benchmark.tokens) sizing.work += tokens;
    for (size_t kind = 0; kind < options_.kinds.size(); ++kind) {
      sizing.tokens_per_second +=
          options_.workers[kind] *
          SpeedOn(options_.kinds[kind].worker, models_[run.model], nullptr).tokens_per_second;
      sizing.workers += options_.workers[kind];
    }
    sizing.may_cut = true;
    return ChooseShardItems(sizing);
  }

  LowerBound Bound() const {
    std::vector<BoundedModel> bounded(models_.size());
    for (size_t m = 0; m < models_.size(); ++m) {
      bounded[m].rates = rates_[m];
      bounded[m].loads = loads_[m];
    }
    for (const SimulatedRun& run : queue_.runs()) {
      BoundedModel& model = bounded[run.queued.model];
      model.tokens += run.tokens_until.back();
      const auto longest =
          *std::max_element(run.benchmark->tokens.begin(), run.benchmark->tokens.end());
      model.longest_item = std::max<double>(model.longest_item, longest);
    }
    std::vector<double> workers(options_.kinds.size(), 0);
    for (const Machine& machine : machines_) workers[machine.kind] += machine.factor;
    return BoundMakespan(bounded, workers);
  }

  void Push(double time, Event::Kind kind, size_t machine, int64_t lease_id = 0) {
    events_.push({time, ++events_made_, kind, machine, lease_id});
  }

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
      Push(now_ + kReapPeriod, Event::kReap, 0);
      return;
    }
    if (event.kind == Event::kSubmit) {
      for (size_t job = 0; job < options_.jobs.size(); ++job) {
        if (options_.jobs[job].submitted <= now_) submitted_[job] = true;
      }
      return;
    }
    Machine& machine = machines_[event.machine];
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
    Machine& machine = machines_[index];
    Push(now_ + options_.lease_seconds / 3, Event::kHeartbeat, index);
    const int64_t computed = machine.held.empty() ? 0 : machine.held.front().lease_id;
    std::erase_if(machine.held, [&](const SimulatedLease& lease) {
      return !queue_.Renew(lease.lease_id, now_ + options_.lease_seconds);
    });
    if (machine.held.empty() || machine.held.front().lease_id != computed) {
      machine.computing = false;
      Compute(index);
    }
    if (static_cast<int>(machine.held.size()) < kShardsInFlight) Push(now_, Event::kAsk, index);
  }

  void Compute(size_t index) {
    Machine& machine = machines_[index];
    if (machine.computing || machine.held.empty()) return;
    machine.computing = true;
    const SimulatedLease& lease = machine.held.front();
    const int model = queue_.runs()[lease.run].queued.model;
    double seconds = lease.tokens / (rates_[model][machine.kind] * machine.factor);
    Measured& measured = measured_[model][machine.kind];
    if (machine.loaded != model) {
      const double load = loads_[model][machine.kind] / machine.factor;
      machine.loaded = model;
      ++machine.loads;
      ++result_.loads;
      measured.load_seconds += load;
      ++measured.loads;
      seconds += load;
    }
    Push(now_ + seconds, Event::kDone, index, lease.lease_id);
  }

  void Done(size_t index, int64_t lease_id) {
    Machine& machine = machines_[index];
    // One that was taken away meanwhile.
    if (machine.held.empty() || machine.held.front().lease_id != lease_id || !machine.computing) {
      return;
    }
    const SimulatedLease lease = machine.held.front();
    machine.held.pop_front();
    machine.computing = false;
    const SimulatedRun& run = queue_.runs()[lease.run];
    const double seconds = lease.tokens / (rates_[run.queued.model][machine.kind] * machine.factor);
    Coordinator& coordinator = *coordinators_[machine.coordinator];
    if (queue_.Commit(lease_id)) {
      coordinator.meter.Committed(lease_id, At(now_));
      Measured& measured = measured_[run.queued.model][machine.kind];
      measured.tokens += lease.tokens;
      measured.seconds += seconds;
      machine.busy += seconds;
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
    state.models = models_;
    queue_.Describe(submitted_, &state);
    for (const Machine& machine : machines_) {
      // It is missed when its stream breaks.
      if (now_ < machine.lost) state.workers.push_back(machine.info);
    }
    for (size_t m = 0; m < models_.size(); ++m) {
      for (size_t kind = 0; kind < options_.kinds.size(); ++kind) {
        const Measured& measured = measured_[m][kind];
        if (measured.tokens <= 0) continue;
        state.speeds.push_back({models_[m].weights_sha256, models_[m].precision,
                                WorkerKindOf(options_.kinds[kind].worker),
                                measured.tokens / measured.seconds,
                                measured.load_seconds / std::max(1, measured.loads)});
      }
    }
    state.shares = options_.shares;
    coordinator.scheduler.Update(std::move(state), coordinator.speeds, At(now_));
  }

  void Ask(size_t index) {
    Machine& machine = machines_[index];
    Coordinator& coordinator = *coordinators_[machine.coordinator];
    const auto begin = std::chrono::steady_clock::now();
    bool any = false;
    while (static_cast<int>(machine.held.size()) < kShardsInFlight) {
      Update(coordinator);
      LeaseAsk ask;
      ask.worker = machine.info;
      ask.count = kShardsInFlight - static_cast<int>(machine.held.size());
      if (machine.loaded >= 0) {
        ask.loaded_sha256 = models_[machine.loaded].weights_sha256;
        ask.loaded_precision = models_[machine.loaded].precision;
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
    if (!any && machine.held.empty()) Push(now_ + kIdlePoll, Event::kAsk, index);
  }

  bool Grant(Machine& machine, Coordinator& coordinator, const LeaseAsk& ask,
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
    double busy = 0, there = 0;
    for (const Machine& machine : machines_) {
      busy += machine.busy;
      there += std::min(machine.lost, now_);
      result_.most_loads_of_one = std::max(result_.most_loads_of_one, machine.loads);
    }
    result_.busy_share = there > 0 ? busy / there : 0;
    result_.decide_microseconds = decisions_ > 0 ? deciding_ / decisions_ * 1e6 : 0;
  }

  const SimulationOptions& options_;
  std::mt19937_64 random_;
  std::vector<QueuedModel> models_;
  std::vector<std::vector<double>> rates_;  // true ones, by model and kind
  std::vector<std::vector<double>> loads_;
  std::vector<Machine> machines_;
  std::map<std::string, size_t> index_;
  SimulatedQueue queue_;
  std::vector<bool> submitted_;
  std::vector<std::unique_ptr<Coordinator>> coordinators_;
  std::vector<std::vector<Measured>> measured_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  int64_t events_made_ = 0;
  double now_ = 0;
  bool one_ended_ = false;
  double deciding_ = 0;
  double decisions_ = 0;
  SimulationResult result_;
};

WorkerInfo Describe(double bfloat16_teraflops, int gigabytes, int processes) {
  WorkerInfo worker;
  worker.engine_version = "1/simulated";
  worker.device = "cuda:0";
  worker.threads = gigabytes;  // so that kinds differ
  worker.gflops["bfloat16"] = bfloat16_teraflops * 1e3;
  worker.memory_bytes = int64_t{gigabytes} << 30;
  worker.tensor_parallel = processes;
  return worker;
}

}  // namespace

SimulationResult Simulate(const SimulationOptions& options) { return Simulation(options).Run(); }

std::vector<WorkerKind> SuiteKinds() {
  return {{"small", Describe(65, 22, 1), 0.25, 1e9},
          {"large", Describe(150, 79, 1), 0.25, 1.5e9},
          {"group", Describe(480, 316, 4), 0.22, 4e9}};
}

}  // namespace assay::simulation
