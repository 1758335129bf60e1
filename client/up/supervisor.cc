#include "client/up/supervisor.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/up/data_folder.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr int kLogLines = 10;

absl::Status EndedEarly(const ProgramSpec& spec) {
  return absl::InternalError(absl::StrCat(spec.name, " ended at its start; the end of its log, ",
                                          spec.log, ":\n", LastLines(spec.log, kLogLines)));
}

}  // namespace

Supervisor::Supervisor(SignalQueue* signals, Clock* clock, std::ostream* out)
    : signals_(signals), clock_(clock), out_(out) {}

Supervisor::~Supervisor() { Stop(); }

absl::Status Supervisor::Start(ProgramSpec spec, const std::function<bool(pid_t)>& ready,
                               absl::Duration timeout) {
  Program& program = programs_.emplace_back();
  program.spec = std::move(spec);
  ASSAY_RETURN_IF_ERROR(Launch(program));
  const absl::Time deadline = clock_->Now() + timeout;
  const size_t index = programs_.size() - 1;
  while (!ready(programs_[index].pid)) {
    HandleSignals(absl::Milliseconds(20), /*restart=*/false);
    if (stop_requests_ > 0) return absl::CancelledError("stopped before everything was started");
    for (const Program& each : programs_) {
      if (each.pid == 0) return EndedEarly(each.spec);
    }
    if (clock_->Now() > deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat(program.spec.name, " is not ready after ", absl::FormatDuration(timeout),
                       "; the end of its log, ", program.spec.log, ":\n",
                       LastLines(program.spec.log, kLogLines)));
    }
  }
  return absl::OkStatus();
}

void Supervisor::Run() {
  while (stop_requests_ == 0) {
    absl::Time next = absl::InfiniteFuture();
    for (const Program& program : programs_) next = std::min(next, program.restart);
    HandleSignals(next - clock_->Now(), /*restart=*/true);
    // Also after a signal that came before we looked: ends are found by asking, not by counting
    // signals.
    Reap(/*restart=*/true);
    if (stop_requests_ == 0) RestartDue();
  }
}

void Supervisor::Stop() {
  std::vector<int> stages;
  for (const Program& program : programs_) stages.push_back(program.spec.stage);
  std::sort(stages.rbegin(), stages.rend());
  stages.erase(std::unique(stages.begin(), stages.end()), stages.end());
  // The request that brought us here does not hurry; those that follow do.
  stop_requests_ = 0;
  for (const int stage : stages) StopStage(stage);
  programs_.clear();
}

absl::Status Supervisor::Launch(Program& program) {
  program.restart = absl::InfiniteFuture();
  ASSAY_ASSIGN_OR_RETURN(const int log, OpenLog(program.spec.log));
  SpawnOptions options;
  options.output_fd = log;
  options.death_signal = program.spec.death_signal;
  options.own_group = true;  // a terminal's Ctrl-C is for us; we stop the others in order
  const absl::StatusOr<pid_t> pid = Spawn(program.spec.command(), options);
  close(log);
  if (!pid.ok()) return pid.status();
  program.pid = *pid;
  program.started = clock_->Now();
  return absl::OkStatus();
}

void Supervisor::Reap(bool restart) {
  for (Program& program : programs_) {
    int status = 0;
    if (program.pid == 0 || waitpid(program.pid, &status, WNOHANG) != program.pid) continue;
    const pid_t pid = std::exchange(program.pid, 0);
    if (!restart) continue;
    const absl::Duration wait = program.backoff.Next(clock_->Now() - program.started);
    program.restart = clock_->Now() + wait;
    Say(absl::StrCat(program.spec.name, " (process ", pid, ") ended: ", DescribeExit(status),
                     "; starting it again in ", absl::FormatDuration(wait),
                     " (log: ", program.spec.log, ")"));
  }
}

void Supervisor::RestartDue() {
  for (Program& program : programs_) {
    if (program.pid != 0 || program.restart > clock_->Now()) continue;
    if (const absl::Status status = Launch(program); !status.ok()) {
      program.restart = clock_->Now() + program.backoff.Next(absl::ZeroDuration());
      Say(absl::StrCat(program.spec.name, ": ", status.message()));
    } else {
      Say(absl::StrCat(program.spec.name, " is started again (process ", program.pid, ")"));
    }
  }
}

void Supervisor::HandleSignals(absl::Duration timeout, bool restart) {
  const std::optional<int> signal = signals_->Wait(timeout);
  if (!signal.has_value()) return;
  if (*signal == SIGCHLD) {
    Reap(restart);
  } else {
    ++stop_requests_;
  }
}

void Supervisor::StopStage(int stage) {
  absl::Duration grace;
  for (Program& program : programs_) {
    if (program.spec.stage != stage || program.pid == 0) continue;
    Say(absl::StrCat("stopping ", program.spec.name));
    kill(program.pid, program.spec.stop_signal);
    grace = std::max(grace, program.spec.grace);
  }
  const absl::Time deadline = clock_->Now() + grace;
  bool killed = false;
  while (true) {
    Reap(/*restart=*/false);
    const auto running = [&](const Program& program) {
      return program.spec.stage == stage && program.pid != 0;
    };
    if (std::none_of(programs_.begin(), programs_.end(), running)) return;
    if (!killed && (stop_requests_ > 0 || clock_->Now() >= deadline)) {
      for (const Program& program : programs_) {
        if (!running(program)) continue;
        Say(absl::StrCat(program.spec.name,
                         stop_requests_ > 0 ? " is ended at once" : " does not stop and is ended"));
        kill(program.pid, program.spec.kill_signal);
      }
      killed = true;
    }
    HandleSignals(killed ? absl::Seconds(1) : deadline - clock_->Now(), /*restart=*/false);
  }
}

void Supervisor::Say(absl::string_view line) { *out_ << line << "\n" << std::flush; }

}  // namespace assay
