#include "coordinator/service/lease_granter.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace assay {
namespace {

// A lease waits for the disk as a commit does; several at once share the wait.
constexpr int kThreads = 6;
constexpr absl::Duration kShortestPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);

}  // namespace

LeaseGranter::LeaseGranter(WorkSignal* pending) : pending_(pending) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Grant(); });
  threads_.emplace_back([this] { Listen(); });
}

LeaseGranter::~LeaseGranter() { Stop(); }

void LeaseGranter::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  pending_->Wake(listener_stops_);
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
    if (ready_.empty()) continue;
    const LeaseTaker* taker = ready_.front();
    ready_.pop_front();
    const auto found = entries_.find(taker);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    if (!entry.is_ready) continue;  // another one at the same address, which is not due
    entry.is_ready = false;
    entry.is_called = true;
    LeaseTaker& called = *entry.taker;
    mutex_.Unlock();
    const LeaseTaker::Outcome outcome = called.TakeLeases();
    mutex_.Lock();
    entry.is_called = false;
    entry.wants_more = outcome.wants_more;
    if (entry.is_woken || (outcome.granted && outcome.wants_more)) {
      entry.is_woken = false;
      MakeReady(taker, entry);
    } else if (outcome.wants_more) {
      SetTime(taker, entry, absl::Now() + entry.pause);
      entry.pause = std::min(2 * entry.pause, kLongestPause);
    }
  }
  mutex_.Unlock();
}

void LeaseGranter::Listen() {
  uint64_t count = pending_->count();
  while (!listener_stops_) {
    pending_->Wait(count, listener_stops_, absl::InfiniteDuration());
    count = pending_->count();
    absl::MutexLock lock(&mutex_);
    for (auto& [taker, entry] : entries_) {
      if (entry.wants_more || entry.is_called) MakeReady(taker, entry);
    }
  }
}

}  // namespace assay
