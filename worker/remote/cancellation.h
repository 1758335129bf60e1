// Work that somebody may call off while it waits.
#ifndef ASSAY_WORKER_REMOTE_CANCELLATION_H_
#define ASSAY_WORKER_REMOTE_CANCELLATION_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace assay {

// Thread-safe.
class Cancellation {
 public:
  void Cancel() {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  bool cancelled() const {
    absl::ReaderMutexLock lock(&mutex_);
    return cancelled_;
  }
  // Returns after `duration`, or as soon as the work is called off.
  void Wait(absl::Duration duration) const {
    absl::ReaderMutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&cancelled_), duration);
  }

 private:
  mutable absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

// How waiting is done; tests have time pass instead.
using WaitFunction = std::function<void(absl::Duration, const Cancellation&)>;

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_CANCELLATION_H_
