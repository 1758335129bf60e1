// How fast a counter grows, over the last seconds.
#ifndef ASSAY_CLIENT_PROGRESS_RATE_WINDOW_H_
#define ASSAY_CLIENT_PROGRESS_RATE_WINDOW_H_

#include <deque>

#include "absl/time/time.h"

namespace assay {

// Not thread-safe.
class RateWindow {
 public:
  explicit RateWindow(absl::Duration window) : window_(window) {}

  // The counter's value at `time`; times do not go back. Values may: the window then starts anew.
  void Add(absl::Time time, double value);
  // Growth a second between the oldest value of the window and `now`; 0 as long as less than a
  // second is known.
  double PerSecond(absl::Time now) const;

 private:
  struct Sample {
    absl::Time time;
    double value;
  };

  absl::Duration window_;
  std::deque<Sample> samples_;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_PROGRESS_RATE_WINDOW_H_
