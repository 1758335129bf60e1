// Starts programs in order, keeps them running, and stops them in reverse order.
#ifndef ASSAY_CLIENT_UP_SUPERVISOR_H_
#define ASSAY_CLIENT_UP_SUPERVISOR_H_

#include <sys/types.h>

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/process/subprocess.h"
#include "client/up/restart_backoff.h"
#include "client/up/signal_queue.h"
#include "common/base/clock.h"

namespace assay {

struct ProgramSpec {
  std::string name;                  // for people: "worker 1"
  int stage = 0;                     // programs of a stage stop together, higher stages first
  std::function<Command()> command;  // asked at every start
  std::string log;                   // file that its output is appended to
  int stop_signal = 0;               // asks it to end
  int kill_signal = 0;               // ends it at once
  int death_signal = 0;              // what the kernel sends it when we die
  absl::Duration grace;              // from stop_signal to kill_signal
};

// Not thread-safe; every program dies with the thread that uses it.
class Supervisor {
 public:
  // What happens is told on `out`, a line each. All must outlive the supervisor.
  Supervisor(SignalQueue* signals, Clock* clock, std::ostream* out);
  // Stops what still runs.
  ~Supervisor();

  // Starts the program, and waits until `ready` (asked with its pid) says so. An error when it ends
  // before, with the last lines of its log, or is not ready after `timeout`; Cancelled when a
  // signal asked us to stop.
  absl::Status Start(ProgramSpec spec, const std::function<bool(pid_t)>& ready,
                     absl::Duration timeout);
  // Starts again what ends, until SIGINT, SIGTERM or SIGHUP.
  void Run();
  // Stops everything, in order; a SIGINT or SIGTERM meanwhile cuts the grace short. Safe twice.
  void Stop();

 private:
  struct Program {
    ProgramSpec spec;
    pid_t pid = 0;  // 0: not running
    absl::Time started;
    absl::Time restart = absl::InfiniteFuture();
    RestartBackoff backoff;
  };

  absl::Status Launch(Program& program);
  // Notes the programs that ended since the last call; while `restart`, they are told of and
  // started again later.
  void Reap(bool restart);
  void RestartDue();
  // Waits for a signal or `timeout` and takes note of it.
  void HandleSignals(absl::Duration timeout, bool restart);
  void StopStage(int stage);
  void Say(absl::string_view line);

  SignalQueue* signals_;
  Clock* clock_;
  std::ostream* out_;
  std::vector<Program> programs_;
  int stop_requests_ = 0;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_UP_SUPERVISOR_H_
