#include "worker/sandbox/launcher/supervisor.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "worker/sandbox/launcher/process_tree.h"
#include "worker/sandbox/launcher/system_error.h"
#include "worker/sandbox/protocol/messages.h"

namespace assay {
namespace {

using Time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds kSampleInterval{10};
constexpr std::chrono::seconds kKillTime{10};

Time Now() { return std::chrono::steady_clock::now(); }

sigset_t ChildSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  return signals;
}

// The beginning of what a descriptor yields, and how much that was.
class Capture {
 public:
  Capture(int descriptor, int64_t head_bytes) : descriptor_(descriptor), head_bytes_(head_bytes) {}

  int descriptor() const { return descriptor_; }
  int64_t total() const { return total_; }
  std::string& head() { return head_; }

  // Reads what is there, a bufferful at most. False when nothing is, or nothing more will come.
  bool Read() {
    if (descriptor_ < 0) return false;
    std::array<char, 64 << 10> buffer;
    const ssize_t size = read(descriptor_, buffer.data(), buffer.size());
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (size <= 0) {
      // A negative descriptor is one that poll passes over.
      descriptor_ = -1;
      return false;
    }
    total_ += size;
    const int64_t wanted = head_bytes_ - static_cast<int64_t>(head_.size());
    head_.append(buffer.data(), static_cast<size_t>(std::min<int64_t>(size, wanted)));
    return true;
  }

 private:
  int descriptor_;
  int64_t head_bytes_;
  int64_t total_ = 0;
  std::string head_;
};

class Supervisor {
 public:
  Supervisor(const StartedProgram& program, const Limits& limits)
      : limits_(limits),
        program_(program.pid),
        output_(program.output.get(), kOutputHeadBytes),
        error_(program.error.get(), kOutputHeadBytes),
        proof_(program.proof.get(), static_cast<int64_t>(program.expected_proof.size()) + 1),
        expected_proof_(program.expected_proof),
        children_(CheckCall(signalfd(-1, &children_mask_, SFD_NONBLOCK | SFD_CLOEXEC),
                            "watch for ended processes")) {}

  Outcome Run() {
    while (!EndOrLimitReached()) WaitForNews();
    outcome_.wall_time = std::chrono::duration_cast<std::chrono::microseconds>(Now() - start_);
    KillAll();
    while (output_.Read() || error_.Read()) {
    }
    proof_.Read();
    if (given_up_) throw std::runtime_error("the sandbox gave the program up");
    return Report();
  }

 private:
  bool EndOrLimitReached() {
    Reap();
    if (program_status_.has_value() || given_up_) return true;
    if (Now() >= start_ + limits_.wall_time) {
      passed_limit_ = Outcome::Kind::kWallTime;
    } else if (std::max(output_.total(), error_.total()) > limits_.output_bytes) {
      passed_limit_ = Outcome::Kind::kOutput;
    } else if (Now() >= next_sample_) {
      int64_t resident = 0;
      for (pid_t pid : Descendants()) resident += ResidentBytes(pid);
      outcome_.peak_memory_bytes = std::max(outcome_.peak_memory_bytes, resident);
      next_sample_ = Now() + kSampleInterval;
      if (resident > limits_.memory_bytes) passed_limit_ = Outcome::Kind::kMemory;
    }
    return passed_limit_.has_value();
  }

  void WaitForNews() {
    std::array<pollfd, 5> sources = {{{children_.get(), POLLIN, 0},
                                      {kLifelineDescriptor, POLLIN, 0},
                                      {output_.descriptor(), POLLIN, 0},
                                      {error_.descriptor(), POLLIN, 0},
                                      {proof_.descriptor(), POLLIN, 0}}};
    const Time until = std::min(next_sample_, start_ + limits_.wall_time);
    const auto timeout = std::chrono::ceil<milliseconds>(until - Now());
    const int ready =
        poll(sources.data(), sources.size(), std::max<int>(0, static_cast<int>(timeout.count())));
    if (ready < 0 && errno != EINTR) ThrowErrno("wait for the program");
    if (ready <= 0) return;
    if (sources[0].revents != 0) {
      signalfd_siginfo ignored;
      if (read(children_.get(), &ignored, sizeof(ignored)) < 0 && errno != EAGAIN) {
        ThrowErrno("watch for ended processes");
      }
    }
    // Nothing is ever written to it: whatever happens there is its end.
    given_up_ = sources[1].revents != 0;
    if (sources[2].revents != 0) output_.Read();
    if (sources[3].revents != 0) error_.Read();
    if (sources[4].revents != 0) proof_.Read();
  }

  // Takes the status of every process that has ended. False when there are no children at all.
  bool Reap() {
    while (true) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid < 0) return errno != ECHILD;
      if (pid == 0) return true;
      if (pid == program_) program_status_ = status;
    }
  }

  // Processes may fork while the tree is read, so it is read and killed until nothing is left. In
  // a namespace the first round suffices: its first process takes all others with it.
  void KillAll() {
    const Time deadline = Now() + kKillTime;
    while (Reap()) {
      for (pid_t pid : Descendants()) kill(pid, SIGKILL);
      if (Now() >= deadline) throw std::runtime_error("a process of the program cannot be killed");
      usleep(500);
    }
  }

  Outcome Report() {
    rusage usage;
    CheckCall(getrusage(RUSAGE_CHILDREN, &usage), "read the CPU time");
    outcome_.cpu_time = std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                        std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    outcome_.standard_output = std::move(output_.head());
    outcome_.standard_error = std::move(error_.head());
    outcome_.completed = !expected_proof_.empty() && proof_.head() == expected_proof_;
    if (passed_limit_.has_value()) {
      outcome_.kind = *passed_limit_;
    } else if (WIFSIGNALED(*program_status_)) {
      outcome_.kind = Outcome::Kind::kSignaled;
      outcome_.signal = WTERMSIG(*program_status_);
    } else {
      outcome_.exit_code = WEXITSTATUS(*program_status_);
    }
    return std::move(outcome_);
  }

  const Limits limits_;
  const pid_t program_;
  const Time start_ = Now();
  const sigset_t children_mask_ = ChildSignal();
  Time next_sample_ = start_ + kSampleInterval;
  Capture output_;
  Capture error_;
  Capture proof_;
  const std::string expected_proof_;
  Descriptor children_;
  bool given_up_ = false;
  std::optional<int> program_status_;
  std::optional<Outcome::Kind> passed_limit_;
  Outcome outcome_;
};

}  // namespace

void BecomeSupervisor() {
  CheckCall(prctl(PR_SET_CHILD_SUBREAPER, 1), "adopt orphans");
  const sigset_t signals = ChildSignal();
  CheckCall(sigprocmask(SIG_BLOCK, &signals, nullptr), "block SIGCHLD");
}

Outcome Supervise(const StartedProgram& program, const Limits& limits) {
  return Supervisor(program, limits).Run();
}

}  // namespace assay
