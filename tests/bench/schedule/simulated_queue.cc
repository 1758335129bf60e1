#include "tests/bench/schedule/simulated_queue.h"

#include <algorithm>

#include "coordinator/lease/failure_policy.h"

namespace assay::simulation {

void SimulatedQueue::Add(const QueuedRun& run, size_t job, const SuiteBenchmark& benchmark,
                         int64_t shard_items) {
  SimulatedRun& added = runs_.emplace_back();
  added.queued = run;
  added.queued.run_id = static_cast<int64_t>(runs_.size());
  added.benchmark = &benchmark;
  added.job = job;
  added.tokens_until.push_back(0);
  for (const int32_t tokens : benchmark.tokens) {
    added.tokens_until.push_back(added.tokens_until.back() + tokens);
  }
  const auto items = static_cast<int64_t>(benchmark.tokens.size());
  added.queued.tokens_per_item = added.tokens_until.back() / static_cast<double>(items);
  added.queued.pending_items = items;
  added.stored.assign(items, 0);
  for (int64_t begin = 0; begin < items; begin += shard_items) {
    added.pending.push_back({begin, std::min(items, begin + shard_items)});
  }
  open_items_ += items;
}

void SimulatedQueue::Describe(const std::vector<bool>& submitted, ClusterState* state) const {
  for (const SimulatedRun& run : runs_) {
    if (!submitted[run.job]) continue;
    const bool open = run.queued.done_items < static_cast<int64_t>(run.stored.size());
    if (open) state->runs.push_back(run.queued);
  }
  for (const auto& [id, lease] : leases_) {
    state->leases.push_back({.shard_id = id,
                             .lease_id = id,
                             .run_id = runs_[lease.run].queued.run_id,
                             .attempt = lease.shard.attempt,
                             .failures = lease.shard.failures,
                             .items = lease.shard.end - lease.shard.begin,
                             .worker_id = lease.worker_id});
  }
}

std::vector<SimulatedLease> SimulatedQueue::Lease(int64_t run_id, int count, int64_t most_items,
                                                  const std::string& worker_id, double deadline) {
  const size_t index = IndexOf(run_id);
  SimulatedRun& run = runs_[index];
  std::vector<SimulatedLease> granted;
  while (count-- > 0 && !run.pending.empty()) {
    SimulatedShard& first = run.pending.front();
    SimulatedShard shard = first;
    if (most_items > 0 && shard.failures == 0 && shard.end - shard.begin > most_items) {
      shard.end = shard.begin + most_items;
      first.begin = shard.end;
    } else {
      run.pending.pop_front();
    }
    ++shard.attempt;
    run.queued.pending_items -= shard.end - shard.begin;
    const int64_t id = next_lease_++;
    granted.push_back({id, index, shard, worker_id, deadline, run.Tokens(shard)});
    leases_[id] = granted.back();
  }
  return granted;
}

bool SimulatedQueue::TakeBack(int64_t lease_id) {
  const auto found = leases_.find(lease_id);
  if (found == leases_.end()) return false;
  SimulatedRun& run = runs_[found->second.run];
  run.queued.pending_items += found->second.shard.end - found->second.shard.begin;
  run.pending.push_front(found->second.shard);
  leases_.erase(found);
  return true;
}

bool SimulatedQueue::Renew(int64_t lease_id, double deadline) {
  const auto found = leases_.find(lease_id);
  if (found == leases_.end()) return false;
  found->second.deadline = deadline;
  return true;
}

bool SimulatedQueue::Commit(int64_t lease_id) {
  const auto found = leases_.find(lease_id);
  if (found == leases_.end()) return false;
  const SimulatedShard& shard = found->second.shard;
  SimulatedRun& run = runs_[found->second.run];
  for (int64_t item = shard.begin; item < shard.end; ++item) ++run.stored[item];
  run.queued.done_items += shard.end - shard.begin;
  open_items_ -= shard.end - shard.begin;
  leases_.erase(found);
  return true;
}

int SimulatedQueue::Reap(double now) {
  int count = 0;
  for (auto lease = leases_.begin(); lease != leases_.end();) {
    if (lease->second.deadline > now) {
      ++lease;
      continue;
    }
    SimulatedShard shard = lease->second.shard;
    SimulatedRun& run = runs_[lease->second.run];
    ++shard.failures;
    ++count;
    const int64_t items = shard.end - shard.begin;
    run.queued.pending_items += items;
    if (DecideFailure({FailureKind::kExpired, static_cast<int>(items), shard.failures}) ==
        FailureAction::kSplit) {
      const int64_t middle = shard.begin + (items + 1) / 2;
      run.pending.push_front({middle, shard.end, 0, kFailuresInCompany});
      run.pending.push_front({shard.begin, middle, 0, kFailuresInCompany});
    } else {
      run.pending.push_front(shard);
    }
    lease = leases_.erase(lease);
  }
  return count;
}

}  // namespace assay::simulation
