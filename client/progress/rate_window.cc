#include "client/progress/rate_window.h"

namespace assay {

void RateWindow::Add(absl::Time time, double value) {
  if (!samples_.empty() && value < samples_.back().value) samples_.clear();
  samples_.push_back({time, value});
  // The newest sample from before the window stays: it is the value at the window's start.
  while (samples_.size() > 2 && samples_[1].time <= time - window_) samples_.pop_front();
}

double RateWindow::PerSecond(absl::Time now) const {
  if (samples_.empty()) return 0;
  const double seconds = absl::ToDoubleSeconds(now - samples_.front().time);
  return seconds < 1 ? 0 : (samples_.back().value - samples_.front().value) / seconds;
}

}  // namespace assay
