#include <csignal>

#include "worker/sandbox/launcher/runs.h"

namespace assay {

void RecognizeCpuLimit(const Limits& limits, Outcome& outcome) {
  if (outcome.kind != Outcome::Kind::kSignaled) return;
  // SIGXCPU first; SIGKILL a second later for who ignores it.
  const bool killed_late = outcome.signal == SIGKILL && outcome.cpu_time >= limits.cpu_time;
  if (outcome.signal == SIGXCPU || killed_late) outcome.kind = Outcome::Kind::kCpuTime;
}

}  // namespace assay
