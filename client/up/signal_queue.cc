#include "client/up/signal_queue.h"

#include <algorithm>

namespace assay {

SignalQueue::SignalQueue() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, &old_mask_);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &old_pipe_);
}

SignalQueue::~SignalQueue() {
  sigaction(SIGPIPE, &old_pipe_, nullptr);
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

std::optional<int> SignalQueue::Wait(absl::Duration timeout) {
  const timespec limit =
      absl::ToTimespec(std::clamp(timeout, absl::ZeroDuration(), absl::Hours(1)));
  const int signal = sigtimedwait(&signals_, nullptr, &limit);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

}  // namespace assay
