#include "coordinator/lease/lease_scheduler.h"

#include <string>
#include <utility>

#include "common/base/status_macros.h"

namespace assay {

LeaseScheduler::LeaseScheduler(ShardStore* shards, WorkSignal* signal, Clock* clock,
                               LeaseSchedulerOptions options)
    : shards_(shards), signal_(signal), clock_(clock), options_(options) {}

absl::StatusOr<Decision> LeaseScheduler::Decide(const LeaseAsk& ask) {
  ASSAY_ASSIGN_OR_RETURN(std::vector<Decision> decisions, DecideAll({&ask, 1}));
  return std::move(decisions.front());
}

absl::StatusOr<std::vector<Decision>> LeaseScheduler::DecideAll(absl::Span<const LeaseAsk> asks) {
  absl::MutexLock lock(&mutex_);
  // The first ones wait for the first state.
  const auto known = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !reading_ || read_ != absl::InfinitePast();
  };
  mutex_.Await(absl::Condition(&known));
  if (MayRead(options_.period, clock_->Now())) ASSAY_RETURN_IF_ERROR(Read());
  std::vector<Decision> decisions;
  for (const LeaseAsk& ask : asks) {
    Decision decision = DecideLocked(ask);
    if (decision.choices.empty() && MayRead(options_.idle_period, clock_->Now())) {
      ASSAY_RETURN_IF_ERROR(Read());
      decision = DecideLocked(ask);
    }
    if (asks.size() > 1 && !decision.choices.empty()) {
      // How many items it will be is told by Leased.
      const auto speed_of = [this](const std::string& worker)
                                ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return meter_.Of(worker); };
      scheduler_.Granted(ask, decision.choices.front().run_id, 0, speed_of, clock_->Now());
    }
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

Decision LeaseScheduler::DecideLocked(const LeaseAsk& ask) {
  const auto speed_of = [this](const std::string& worker)
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return meter_.Of(worker); };
  return scheduler_.Decide(ask, speed_of, clock_->Now());
}

bool LeaseScheduler::MayRead(absl::Duration period, absl::Time now) const {
  if (reading_) return false;
  return read_ == absl::InfinitePast() || now - read_ >= period || signals_ != signal_->count();
}

absl::Status LeaseScheduler::Read() {
  reading_ = true;
  const uint64_t signals = signal_->count();
  mutex_.Unlock();
  absl::StatusOr<ClusterState> state = shards_->ReadState();
  mutex_.Lock();
  reading_ = false;
  if (!state.ok()) return state.status();
  const absl::Time now = clock_->Now();
  const auto speed_of = [this](const std::string& worker)
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return meter_.Of(worker); };
  scheduler_.Update(*std::move(state), speed_of, now);
  read_ = now;
  signals_ = signals;
  return absl::OkStatus();
}

void LeaseScheduler::Leased(const LeaseAsk& ask, const Decision& decision,
                            const LeaseResult& result) {
  absl::MutexLock lock(&mutex_);
  for (const int64_t run_id : result.exhausted) scheduler_.Exhausted(run_id);
  if (result.shards.empty()) return;
  const absl::Time now = clock_->Now();
  const RunChoice& choice = decision.choices[result.choice];
  const auto speed_of = [this](const std::string& worker)
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return meter_.Of(worker); };
  if (choice.take_back.has_value()) meter_.Ended(choice.take_back->lease_id, now);
  double load_seconds = choice.load_seconds;
  for (const LeasedShard& shard : result.shards) {
    const auto items =
        static_cast<int64_t>(shard.ordinals.size()) * shard.run.settings.sampling.samples;
    scheduler_.Granted(ask, choice.run_id, items, speed_of, now);
    if (ask.remote) continue;  // what an endpoint takes says nothing of the worker
    meter_.Granted(ask.worker.worker_id, shard.key.lease_id,
                   choice.seconds_per_item * static_cast<double>(items), load_seconds, now);
    load_seconds = 0;
  }
}

void LeaseScheduler::Committed(int64_t lease_id) {
  absl::MutexLock lock(&mutex_);
  meter_.Committed(lease_id, clock_->Now());
}

void LeaseScheduler::Ended(int64_t lease_id) {
  absl::MutexLock lock(&mutex_);
  meter_.Ended(lease_id, clock_->Now());
}

}  // namespace assay
