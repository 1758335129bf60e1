#include "client/process/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace assay {
namespace {

constexpr char kSignalled = 's';
constexpr char kClosed = 'c';

// The pipe's end that the handler writes to: a handler may do little more.
std::atomic<int> write_fd{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void OnSignal(int) {
  const int saved = errno;
  // A full pipe means that there is a signal to be read anyway.
  [[maybe_unused]] const ssize_t written = write(write_fd.load(), &kSignalled, 1);
  errno = saved;
}

}  // namespace

Interrupt::Interrupt(std::function<void()> callback) : callback_(std::move(callback)) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) std::abort();  // out of file descriptors at the start
  read_fd_ = fds[0];
  write_fd.store(fds[1]);
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART | SA_RESETHAND;
  sigaction(SIGINT, &action, &old_int_);
  sigaction(SIGTERM, &action, &old_term_);
  thread_ = std::thread([this] {
    bool called = false;
    char what = 0;
    while (what != kClosed) {
      const ssize_t got = read(read_fd_, &what, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return;
      if (what == kSignalled && !std::exchange(called, true)) callback_();
    }
  });
}

Interrupt::~Interrupt() {
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGTERM, &old_term_, nullptr);
  const int fd = write_fd.load();
  [[maybe_unused]] const ssize_t written = write(fd, &kClosed, 1);
  thread_.join();
  write_fd.store(-1);
  close(fd);
  close(read_fd_);
}

}  // namespace assay
