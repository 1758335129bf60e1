#include "worker/process/shutdown_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

int pipe_ends[2] = {-1, -1};

extern "C" void OnShutdownSignal(int signal) {
  const int saved = errno;
  // The other signal, too, ends the process from now on: Ctrl-C twice and TERM after Ctrl-C alike.
  ::signal(SIGINT, SIG_DFL);
  ::signal(SIGTERM, SIG_DFL);
  const char number = static_cast<char>(signal);
  // A full pipe means that there is a signal to be read anyway.
  [[maybe_unused]] const ssize_t written = write(pipe_ends[1], &number, 1);
  errno = saved;
}

}  // namespace

absl::Status InstallShutdownSignal() {
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("no pipe for signals: ", strerror(errno)));
  }
  struct sigaction action = {};
  action.sa_handler = OnShutdownSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) {
    if (sigaction(signal, &action, nullptr) != 0) {
      return absl::InternalError(absl::StrCat("no handler for signals: ", strerror(errno)));
    }
  }
  return absl::OkStatus();
}

int WaitForShutdownSignal(absl::Duration patience) {
  char number = 0;
  const int milliseconds = patience == absl::InfiniteDuration()
                               ? -1
                               : static_cast<int>(absl::ToInt64Milliseconds(patience));
  pollfd readable = {.fd = pipe_ends[0], .events = POLLIN, .revents = 0};
  while (true) {
    const int ready = poll(&readable, 1, milliseconds);
    if (ready == 0) return 0;
    if (ready > 0 && read(pipe_ends[0], &number, 1) == 1) return number;
  }
}

}  // namespace assay
