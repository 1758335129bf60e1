// How long to wait before a program that ended is started again.
#ifndef ASSAY_CLIENT_UP_RESTART_BACKOFF_H_
#define ASSAY_CLIENT_UP_RESTART_BACKOFF_H_

#include <algorithm>

#include "absl/time/time.h"

namespace assay {

// One second, doubled with each end up to 30 seconds; a program that ran for a minute starts from
// one second again.
class RestartBackoff {
 public:
  // The wait after the program ended, having run for `lived`.
  absl::Duration Next(absl::Duration lived) {
    if (lived >= absl::Minutes(1)) next_ = kFirst;
    const absl::Duration wait = next_;
    next_ = std::min(next_ * 2, kLongest);
    return wait;
  }

 private:
  static constexpr absl::Duration kFirst = absl::Seconds(1);
  static constexpr absl::Duration kLongest = absl::Seconds(30);
  absl::Duration next_ = kFirst;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_UP_RESTART_BACKOFF_H_
