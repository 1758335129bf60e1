#include "client/up/signal_queue.h"

#include <algorithm>

namespace assay {

SignalQueue::SignalQueue() {
  sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, &old_mask_);
  // An ignored SIGCHLD, which a parent may hand down, would take our children's ends away from us.
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &standard, &old_child_);
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &old_pipe_);
}

SignalQueue::~SignalQueue() {
  sigaction(SIGPIPE, &old_pipe_, nullptr);
  sigaction(SIGCHLD, &old_child_, nullptr);
  pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

std::optional<int> SignalQueue::Wait(absl::Duration timeout) {
  const timespec limit =
      absl::ToTimespec(std::clamp(timeout, absl::ZeroDuration(), absl::Hours(1)));
  const int signal = sigtimedwait(&signals_, nullptr, &limit);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

}  // namespace assay
