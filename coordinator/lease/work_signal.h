// Wakes those who wait for work when there may be some.
#ifndef ASSAY_COORDINATOR_LEASE_WORK_SIGNAL_H_
#define ASSAY_COORDINATOR_LEASE_WORK_SIGNAL_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace assay {

// Thread-safe. What happens between reading `count` and waiting is not lost.
class WorkSignal {
 public:
  // Wakes everybody.
  void Notify() {
    absl::MutexLock lock(&mutex_);
    ++count_;
  }
  // Wakes the one who waits with `flag`.
  void Wake(std::atomic<bool>& flag) {
    absl::MutexLock lock(&mutex_);
    flag = true;
  }
  uint64_t count() {
    absl::MutexLock lock(&mutex_);
    return count_;
  }
  // Returns when `count` has moved on from `seen`, when `flag` is set, or after `timeout`.
  void Wait(uint64_t seen, const std::atomic<bool>& flag, absl::Duration timeout) {
    absl::MutexLock lock(&mutex_);
    const auto woken = [&]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return count_ != seen || flag; };
    mutex_.AwaitWithTimeout(absl::Condition(&woken), timeout);
  }

 private:
  absl::Mutex mutex_;
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_WORK_SIGNAL_H_
