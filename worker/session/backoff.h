// How long to wait before the next try.
#ifndef ASSAY_WORKER_SESSION_BACKOFF_H_
#define ASSAY_WORKER_SESSION_BACKOFF_H_

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/time/time.h"

namespace assay {

// Doubles from `first` up to `longest`; each wait is between half of that and all of it. Not
// thread-safe.
class Backoff {
 public:
  // `random` is in [0, 1).
  Backoff(absl::Duration first, absl::Duration longest, std::function<double()> random)
      : first_(first), longest_(longest), next_(first), random_(std::move(random)) {}

  absl::Duration Next() {
    const absl::Duration wait = next_ * (0.5 + 0.5 * random_());
    next_ = std::min(next_ * 2, longest_);
    return wait;
  }
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration longest_;
  absl::Duration next_;
  const std::function<double()> random_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_BACKOFF_H_
