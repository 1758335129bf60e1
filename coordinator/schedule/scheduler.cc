#include "coordinator/schedule/scheduler.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

// A shard is so many seconds of work, at most and at least.
constexpr double kLongestShard = 10;
constexpr double kShortestShard = 1;
// Of a worker that has reported nothing yet, which may be far slower than its kind.
constexpr double kFirstShard = 2.5;
constexpr int kFirstShards = 2;
// Shards that a worker holds at once, as a rule. They are cut so that it holds half of what is left
// for it, so that the last ones of all workers end together.
constexpr double kHeldShards = 4;
constexpr double kHeldShare = 0.5;
// A worker leaves its model for another user's when that user is behind by so many loads' time.
constexpr double kLoadsOfPatience = 10;
// Shares of kinds change slowly.
constexpr absl::Duration kPlanPeriod = absl::Seconds(10);
constexpr size_t kMostChoices = 8;

bool Fits(const std::string& bound, const std::string& own) {
  return bound.empty() || bound == own;
}

}  // namespace

void Scheduler::Update(ClusterState state, const SpeedOf& speeds, absl::Time now) {
  state_ = std::move(state);
  run_index_.clear();
  for (size_t i = 0; i < state_.runs.size(); ++i) run_index_[state_.runs[i].run_id] = i;
  owner_leases_.clear();
  owner_workers_.clear();
  // A worker computes the model of its newest lease, and has it loaded when it holds an older one.
  std::map<std::string, int> models;
  for (const CurrentLease& lease : state_.leases) {
    const auto run = run_index_.find(lease.run_id);
    if (run == run_index_.end()) continue;
    const QueuedRun& queued = state_.runs[run->second];
    ++owner_leases_[queued.owner];
    owner_workers_[queued.owner].insert(lease.worker_id);
    if (!queued.remote) models[lease.worker_id] = queued.model;
  }
  usage_.Update(state_, now);
  late_known_ = false;

  const Serving before = std::move(serving_);
  kinds_.Update(&state_);
  std::vector<double> workers;
  serving_.Reset(state_.models.size(), 0, now);
  for (const WorkerInfo& worker : state_.workers) {
    const size_t kind = kinds_.Find(worker);
    const double factor = speeds(worker.worker_id).factor;
    workers.resize(kinds_.count(), 0);
    workers[kind] += factor;
    const auto model = models.find(worker.worker_id);
    if (model == models.end()) continue;
    const KindSpeed& speed = kinds_.speed(static_cast<int>(kind), model->second);
    const ServingWorker* earlier = before.Find(worker.worker_id);
    serving_.Set(worker.worker_id,
                 {model->second, static_cast<int>(kind), speed.tokens_per_second * factor,
                  earlier == nullptr ? absl::InfinitePast() : earlier->ready});
  }
  for (const QueuedRun& run : state_.runs) {
    if (run.remote) continue;
    serving_.AddPending(run.model, static_cast<double>(run.pending_items) * run.tokens_per_item);
  }
  Plan(workers, now);
}

void Scheduler::Plan(const std::vector<double>& workers, absl::Time now) {
  std::vector<std::string> models;
  for (const QueuedModel& model : state_.models) {
    models.push_back(absl::StrCat(model.weights_sha256, " ", PrecisionName(model.precision)));
  }
  const bool same = models == planned_models_ && kinds_.names() == planned_kinds_;
  if (same && now - planned_ < kPlanPeriod) return;
  planned_models_ = std::move(models);
  planned_kinds_ = kinds_.names();
  planned_ = now;
  std::vector<PlannedModel> planned(state_.models.size());
  for (size_t model = 0; model < planned.size(); ++model) {
    planned[model].tokens = serving_.pending(static_cast<int>(model));
    for (int kind = 0; kind < kinds_.count(); ++kind) {
      const KindSpeed& speed = kinds_.speed(kind, static_cast<int>(model));
      planned[model].rates.push_back(speed.tokens_per_second);
      planned[model].loads.push_back(speed.load_seconds);
    }
  }
  plan_ = PlanKinds(planned, workers);
}

Decision Scheduler::Decide(const LeaseAsk& ask, const SpeedOf& speeds, absl::Time now) {
  Decision decision;
  if (ask.count <= 0) return decision;
  const Asker asker = Resolve(ask, speeds);
  std::map<int, Runs, std::greater<>> levels;
  for (const QueuedRun& run : state_.runs) {
    if (run.pending_items > 0 && MayRun(run, asker) && WithinLimits(run, ask)) {
      levels[run.priority].push_back(&run);
    }
  }
  for (auto& [priority, runs] : levels) {
    if (ask.remote) {
      DecideRemote(std::move(runs), asker, decision);
    } else {
      DecideAmong(runs, asker, decision);
    }
  }
  if (decision.choices.empty() && !ask.remote) TakeBack(asker, speeds, now, decision);
  if (decision.choices.size() > kMostChoices) decision.choices.resize(kMostChoices);
  return decision;
}

void Scheduler::Granted(const LeaseAsk& ask, int64_t run_id, int64_t items, const SpeedOf& speeds,
                        absl::Time now) {
  const auto found = run_index_.find(run_id);
  if (found == run_index_.end()) return;
  QueuedRun& run = state_.runs[found->second];
  const std::string& worker_id = ask.worker.worker_id;
  const int64_t taken = std::min(items, run.pending_items);
  run.pending_items -= taken;
  ++owner_leases_[run.owner];
  owner_workers_[run.owner].insert(worker_id);
  usage_.Add(run.owner, static_cast<double>(items) * WorkPerItem(state_, run));
  if (run.remote) return;
  serving_.AddPending(run.model, -static_cast<double>(taken) * run.tokens_per_item);
  const Asker asker = Resolve(ask, speeds);
  if (asker.serving == run.model && serving_.Find(worker_id) != nullptr) return;
  serving_.Set(worker_id, {run.model, asker.kind, Rate(run.model, asker),
                           now + absl::Seconds(LoadSeconds(run.model, asker))});
}

void Scheduler::Exhausted(int64_t run_id) {
  const auto found = run_index_.find(run_id);
  if (found == run_index_.end()) return;
  QueuedRun& run = state_.runs[found->second];
  if (!run.remote) {
    serving_.AddPending(run.model, -static_cast<double>(run.pending_items) * run.tokens_per_item);
  }
  run.pending_items = 0;
}

Scheduler::Asker Scheduler::Resolve(const LeaseAsk& ask, const SpeedOf& speeds) {
  Asker asker;
  asker.ask = &ask;
  asker.kind = kinds_.Find(ask.worker);
  asker.speed = speeds(ask.worker.worker_id);
  if (ask.remote) return asker;
  for (size_t model = 0; model < state_.models.size() && !ask.loaded_sha256.empty(); ++model) {
    if (state_.models[model].weights_sha256 == ask.loaded_sha256 &&
        state_.models[model].precision == ask.loaded_precision) {
      asker.serving = static_cast<int>(model);
    }
  }
  // What it was leased since it told what it has loaded comes first.
  const ServingWorker* serving = serving_.Find(ask.worker.worker_id);
  if (serving != nullptr) asker.serving = serving->model;
  return asker;
}

bool Scheduler::MayRun(const QueuedRun& run, const Asker& asker) const {
  const LeaseAsk& ask = *asker.ask;
  if (run.remote != ask.remote) return false;
  const std::string& engine = run.remote ? ask.worker.remote_engine : ask.worker.engine_version;
  if (engine.empty() || !Fits(run.engine, engine)) return false;
  if (run.runs_programs && (ask.worker.sandbox.empty() || !Fits(run.sandbox, ask.worker.sandbox))) {
    return false;
  }
  return run.remote || kinds_.speed(asker.kind, run.model).tokens_per_second > 0;
}

bool Scheduler::WithinLimits(const QueuedRun& run, const LeaseAsk& ask) const {
  for (const OwnerShare& share : state_.shares) {
    if (share.owner != run.owner) continue;
    const auto leases = owner_leases_.find(run.owner);
    if (share.most_shards.has_value() && leases != owner_leases_.end() &&
        leases->second >= *share.most_shards) {
      return false;
    }
    const auto workers = owner_workers_.find(run.owner);
    return !share.most_workers.has_value() || workers == owner_workers_.end() ||
           static_cast<int64_t>(workers->second.size()) < *share.most_workers ||
           workers->second.count(ask.worker.worker_id) != 0;
  }
  return true;
}

double Scheduler::Rate(int model, const Asker& asker) const {
  return kinds_.speed(asker.kind, model).tokens_per_second * asker.speed.factor;
}

double Scheduler::LoadSeconds(int model, const Asker& asker) const {
  return model == asker.serving ? 0 : kinds_.speed(asker.kind, model).load_seconds;
}

RunChoice Scheduler::Choose(const QueuedRun& run, const Asker& asker) const {
  RunChoice choice;
  choice.run_id = run.run_id;
  choice.count = asker.ask->count;
  if (run.remote) return choice;
  const double rate = Rate(run.model, asker);
  choice.seconds_per_item =
      run.tokens_per_item / kinds_.speed(asker.kind, run.model).tokens_per_second;
  choice.load_seconds = LoadSeconds(run.model, asker);
  if (!run.may_cut) return choice;
  const bool counted = asker.serving == run.model && serving_.Find(asker.ask->worker.worker_id);
  const double together = serving_.Rate(run.model, -1) + (counted ? 0 : rate);
  const double left = serving_.pending(run.model) / together;
  double seconds = std::clamp(left * kHeldShare / kHeldShards, kShortestShard, kLongestShard);
  if (!asker.speed.measured) {
    seconds = std::min(seconds, kFirstShard);
    choice.count = std::min(choice.count, kFirstShards);
  }
  choice.most_items =
      std::max<int64_t>(1, std::llround(std::min(seconds * rate / run.tokens_per_item, 1e9)));
  return choice;
}

void Scheduler::DecideAmong(const Runs& runs, const Asker& asker, Decision& decision) const {
  std::map<std::string, Runs> by_owner;
  for (const QueuedRun* run : runs) by_owner[run->owner].push_back(run);
  std::vector<std::pair<double, std::string>> owners;
  double patience = 0;
  if (asker.serving >= 0) {
    const QueuedModel& model = state_.models[asker.serving];
    patience = kLoadsOfPatience * kinds_.speed(asker.kind, asker.serving).load_seconds *
               Rate(asker.serving, asker) * static_cast<double>(model.parameters);
  }
  for (const auto& [owner, own] : by_owner) {
    const bool at_it = std::any_of(
        own.begin(), own.end(), [&](const QueuedRun* run) { return run->model == asker.serving; });
    owners.emplace_back(usage_.Of(owner) - (at_it ? patience : 0), owner);
  }
  // Of equals, the one whose job came first.
  std::stable_sort(owners.begin(), owners.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return by_owner.at(a.second).front()->job_id < by_owner.at(b.second).front()->job_id;
  });
  for (const auto& [usage, owner] : owners) {
    const Runs& own = by_owner.at(owner);
    for (const int model : RankModels(own, asker)) {
      for (const QueuedRun* run : own) {
        if (run->model == model) decision.choices.push_back(Choose(*run, asker));
      }
      if (decision.choices.size() >= kMostChoices) return;
    }
  }
}

void Scheduler::DecideRemote(Runs runs, const Asker& asker, Decision& decision) const {
  std::stable_sort(runs.begin(), runs.end(), [this](const QueuedRun* a, const QueuedRun* b) {
    return usage_.Of(a->owner) < usage_.Of(b->owner);
  });
  for (const QueuedRun* run : runs) decision.choices.push_back(Choose(*run, asker));
}

}  // namespace assay
