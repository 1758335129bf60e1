// Keeps requests to an endpoint within its limits: two token buckets, of requests and of the
// model's tokens, and a pause for all when the endpoint asks for one.
#ifndef ASSAY_WORKER_REMOTE_RATE_LIMITER_H_
#define ASSAY_WORKER_REMOTE_RATE_LIMITER_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace assay {

// Fills at a rate, and holds what comes in a second at most, so that no minute has much more than
// the rate allows. Who takes more than there is waits until his turn; turns are in the order of
// Take. Not thread-safe.
class TokenBucket {
 public:
  // `per_minute` 0: no limit.
  TokenBucket(int64_t per_minute, absl::Time now);
  // How long to wait before what was taken may be used.
  absl::Duration Take(double amount, absl::Time now);
  // More, or less where negative, was used than taken.
  void Correct(double amount) { level_ -= amount; }

 private:
  const double per_second_;  // 0: no limit
  const double capacity_;
  double level_;  // below 0: taken in advance
  absl::Time filled_;
};

// Thread-safe.
class RateLimiter {
 public:
  // 0: no limit. `clock` must outlive the limiter.
  RateLimiter(int64_t requests_per_minute, int64_t tokens_per_minute, Clock* clock);

  // Takes a request of so many tokens; returns how long to wait before it is sent.
  absl::Duration Take(int64_t tokens);
  // The request turned out to have `used` tokens instead of the `taken`.
  void Correct(int64_t taken, int64_t used);
  // Nothing that is taken from now on is sent before `time`.
  void PauseUntil(absl::Time time);

 private:
  Clock* const clock_;
  absl::Mutex mutex_;
  TokenBucket requests_ ABSL_GUARDED_BY(mutex_);
  TokenBucket tokens_ ABSL_GUARDED_BY(mutex_);
  absl::Time paused_until_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_RATE_LIMITER_H_
