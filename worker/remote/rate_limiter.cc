#include "worker/remote/rate_limiter.h"

#include <algorithm>

namespace assay {

TokenBucket::TokenBucket(int64_t per_minute, absl::Time now)
    : per_second_(static_cast<double>(per_minute) / 60),
      capacity_(std::max(per_second_, 1.0)),
      level_(capacity_),
      filled_(now) {}

absl::Duration TokenBucket::Take(double amount, absl::Time now) {
  if (per_second_ <= 0) return absl::ZeroDuration();
  if (now > filled_) {
    level_ = std::min(capacity_, level_ + per_second_ * absl::ToDoubleSeconds(now - filled_));
    filled_ = now;
  }
  // What is larger than the bucket goes when the bucket is full.
  const double missing = std::min(amount, capacity_) - level_;
  level_ -= amount;
  return absl::Seconds(std::max(missing, 0.0) / per_second_);
}

RateLimiter::RateLimiter(int64_t requests_per_minute, int64_t tokens_per_minute, Clock* clock)
    : clock_(clock),
      requests_(requests_per_minute, clock->Now()),
      tokens_(tokens_per_minute, clock->Now()) {}

absl::Duration RateLimiter::Take(int64_t tokens) {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_->Now();
  return std::max({requests_.Take(1, now), tokens_.Take(static_cast<double>(tokens), now),
                   paused_until_ - now, absl::ZeroDuration()});
}

void RateLimiter::Correct(int64_t taken, int64_t used) {
  absl::MutexLock lock(&mutex_);
  tokens_.Correct(static_cast<double>(used - taken));
}

void RateLimiter::PauseUntil(absl::Time time) {
  absl::MutexLock lock(&mutex_);
  paused_until_ = std::max(paused_until_, time);
}

}  // namespace assay
