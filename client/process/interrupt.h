// Ctrl-C as an event instead of an end.
#ifndef ASSAY_CLIENT_PROCESS_INTERRUPT_H_
#define ASSAY_CLIENT_PROCESS_INTERRUPT_H_

#include <signal.h>

#include <functional>
#include <thread>

namespace assay {

// While it lives, the first SIGINT or SIGTERM calls `callback` once, on a thread of its own; the
// second acts as it would have without. One at a time in a process.
class Interrupt {
 public:
  explicit Interrupt(std::function<void()> callback);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  int read_fd_ = -1;
  struct sigaction old_int_ = {};
  struct sigaction old_term_ = {};
  std::function<void()> callback_;
  std::thread thread_;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_PROCESS_INTERRUPT_H_
