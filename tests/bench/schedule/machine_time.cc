#include "tests/bench/schedule/machine_time.h"

#include <algorithm>

namespace assay::simulation {

void MachineTime::Begin(double now, double load_seconds) {
  waiting_ += now - since_;
  working_ = true;
  since_ = now;
  load_end_ = now + load_seconds;
}

void MachineTime::End(double now, bool stored) {
  if (!working_) return;
  const double load_end = std::min(load_end_, now);
  loading_ += load_end - since_;
  (stored ? computed_ : thrown_away_) += now - load_end;
  working_ = false;
  since_ = now;
}

void MachineTime::Close(double now) {
  End(now, false);
  idle_end_ = now - since_;
  since_ = now;
}

}  // namespace assay::simulation
