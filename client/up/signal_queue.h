// Signals that are waited for instead of handled, for a program of one thread.
#ifndef ASSAY_CLIENT_UP_SIGNAL_QUEUE_H_
#define ASSAY_CLIENT_UP_SIGNAL_QUEUE_H_

#include <signal.h>

#include <optional>

#include "absl/time/time.h"

namespace assay {

// While it lives SIGINT, SIGTERM, SIGHUP and SIGCHLD are kept until Wait takes them, and SIGPIPE is
// ignored. What the parent had us ignore stays ignored, except SIGCHLD: `nohup` and a shell's
// background jobs rely on it.
class SignalQueue {
 public:
  SignalQueue();
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  // The next signal, or nothing after `timeout`.
  std::optional<int> Wait(absl::Duration timeout);

 private:
  sigset_t signals_;
  sigset_t old_mask_;
  struct sigaction old_pipe_ = {};
  struct sigaction old_child_ = {};
};

}  // namespace assay

#endif  // ASSAY_CLIENT_UP_SIGNAL_QUEUE_H_
