#include "coordinator/service/lease_granter.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace assay {
namespace {

// One computes while another waits for the disk. More would only answer fewer workers at once.
constexpr int kThreads = 3;
// That are answered in one transaction. The first one waits until the leases of all are there.
constexpr size_t kMostTogether = 32;
constexpr absl::Duration kShortestPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

}  // namespace

LeaseGranter::LeaseGranter(LeaseManager* leases) : leases_(leases) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Grant(); });
  threads_.emplace_back([this] { Listen(); });
}

LeaseGranter::~LeaseGranter() { Stop(); }

void LeaseGranter::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  leases_->pending().Wake(listener_stops_);
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void LeaseGranter::Add(std::shared_ptr<LeaseTaker> taker) {
  absl::MutexLock lock(&mutex_);
  const LeaseTaker* key = taker.get();
  Entry& entry = entries_[key];
  entry.taker = std::move(taker);
  MakeReady(key, entry);
}

void LeaseGranter::Wake(const LeaseTaker* taker) {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(taker);
  if (found != entries_.end()) MakeReady(taker, found->second);
}

void LeaseGranter::Remove(const LeaseTaker* taker) {
  std::shared_ptr<LeaseTaker> removed;  // goes outside the lock
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(taker);
  if (found == entries_.end()) return;
  const bool* called = &found->second.is_called;
  mutex_.Await(absl::Condition(
      +[](const bool* is_called) { return !*is_called; }, called));
  const auto again = entries_.find(taker);
  if (again == entries_.end()) return;
  SetTime(taker, again->second, absl::InfiniteFuture());
  removed = std::move(again->second.taker);
  entries_.erase(again);
}

void LeaseGranter::MakeReady(const LeaseTaker* taker, Entry& entry) {
  entry.pause = kShortestPause;
  if (entry.is_called) {
    entry.is_woken = true;
  } else if (!entry.is_ready) {
    entry.is_ready = true;
    SetTime(taker, entry, absl::InfiniteFuture());
    ready_.push_back(taker);
  }
}

void LeaseGranter::SetTime(const LeaseTaker* taker, Entry& entry, absl::Time time) {
  if (entry.next != absl::InfiniteFuture()) times_.erase({entry.next, taker});
  entry.next = time;
  if (time != absl::InfiniteFuture()) times_.emplace(time, taker);
}

void LeaseGranter::Grant() {
  mutex_.Lock();
  while (true) {
    const absl::Time next = times_.empty() ? absl::InfiniteFuture() : times_.begin()->first;
    const auto news = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return stopping_ || !ready_.empty() || (!times_.empty() && times_.begin()->first < next);
    };
    mutex_.AwaitWithDeadline(absl::Condition(&news), next);
    if (stopping_) break;
    const absl::Time now = absl::Now();
    while (!times_.empty() && times_.begin()->first <= now) {
      const LeaseTaker* due = times_.begin()->second;
      Entry& entry = entries_.at(due);
      SetTime(due, entry, absl::InfiniteFuture());
      entry.is_ready = true;
      ready_.push_back(due);
    }
    const Called called = TakeReady();
    if (called.empty()) continue;
    std::vector<LeaseTaker*> takers;
    for (const LeaseTaker* taker : called) takers.push_back(entries_.at(taker).taker.get());
    mutex_.Unlock();
    const std::vector<Outcome> outcomes = Serve(takers);
    mutex_.Lock();
    for (size_t i = 0; i < called.size(); ++i) {
      Entry& entry = entries_.at(called[i]);
      entry.is_called = false;
      entry.wants_more = outcomes[i].wants_more;
      if (entry.is_woken || (outcomes[i].granted && entry.wants_more)) {
        entry.is_woken = false;
        MakeReady(called[i], entry);
      } else if (entry.wants_more) {
        SetTime(called[i], entry, absl::Now() + entry.pause);
        entry.pause = std::min(2 * entry.pause, kLongestPause);
      }
    }
  }
  mutex_.Unlock();
}

LeaseGranter::Called LeaseGranter::TakeReady() {
  Called called;
  while (!ready_.empty() && called.size() < kMostTogether) {
    const LeaseTaker* taker = ready_.front();
    ready_.pop_front();
    const auto found = entries_.find(taker);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    if (!entry.is_ready) continue;  // another one at the same address, which is not due
    entry.is_ready = false;
    entry.is_called = true;
    called.push_back(taker);
  }
  return called;
}

std::vector<LeaseGranter::Outcome> LeaseGranter::Serve(const std::vector<LeaseTaker*>& takers) {
  std::vector<LeaseOrder> orders;
  std::vector<size_t> takers_of;
  for (size_t i = 0; i < takers.size(); ++i) {
    for (LeaseOrder& order : takers[i]->Orders()) {
      orders.push_back(std::move(order));
      takers_of.push_back(i);
    }
  }
  std::vector<Outcome> outcomes(takers.size());
  if (!orders.empty()) {
    leases_->GrantTogether(
        orders, [&](size_t number, absl::StatusOr<std::vector<GrantedLease>> leases) {
          const size_t taker = takers_of[number];
          const int taken = takers[taker]->Take(orders[number], std::move(leases));
          if (taken > 0) outcomes[taker].granted = true;
        });
  }
  for (size_t i = 0; i < takers.size(); ++i) outcomes[i].wants_more = takers[i]->WantsMore();
  return outcomes;
}

void LeaseGranter::Listen() {
  uint64_t count = leases_->pending().count();
  while (!listener_stops_) {
    leases_->pending().Wait(count, listener_stops_, absl::InfiniteDuration());
    count = leases_->pending().count();
    absl::MutexLock lock(&mutex_);
    for (auto& [taker, entry] : entries_) {
      if (entry.wants_more || entry.is_called) MakeReady(taker, entry);
    }
  }
}

}  // namespace assay
