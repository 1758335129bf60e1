#include <linux/filter.h>

#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "worker/sandbox/launcher/bubblewrap_command.h"
#include "worker/sandbox/launcher/isolation.h"
#include "worker/sandbox/launcher/runs.h"
#include "worker/sandbox/launcher/start.h"
#include "worker/sandbox/launcher/supervisor.h"
#include "worker/sandbox/launcher/system_call_filter.h"
#include "worker/sandbox/launcher/system_error.h"

namespace assay {
namespace {

// The launcher, bubblewrap outside and bubblewrap inside are in the program's user namespaces too.
constexpr int64_t kOurProcesses = 3;

Descriptor CheckedMemoryFile(std::string_view content) {
  Descriptor file = MemoryFile(content);
  if (!file.valid()) ThrowErrno("make a file in memory");
  return file;
}

// bubblewrap ends as the program did, except that 128 + N stands for the signal N.
void ReadExitCode(Outcome& outcome) {
  constexpr int kSignalOffset = 128;
  if (outcome.kind != Outcome::Kind::kExited || outcome.exit_code <= kSignalOffset ||
      outcome.exit_code >= kSignalOffset + NSIG) {
    return;
  }
  outcome.kind = Outcome::Kind::kSignaled;
  outcome.signal = outcome.exit_code - kSignalOffset;
  outcome.exit_code = 0;
}

bool EndedByItself(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::kExited || outcome.kind == Outcome::Kind::kSignaled;
}

}  // namespace

Outcome RunInNamespaces(const LaunchRequest& request) {
  MakePrivateTemporaryFolder(request.limits);
  const std::vector<sock_filter> filter = SystemCallFilter(std::nullopt);
  const Descriptor filter_file = CheckedMemoryFile(std::string_view(
      reinterpret_cast<const char*>(filter.data()), filter.size() * sizeof(sock_filter)));
  const Descriptor source = CheckedMemoryFile(request.source);
  Pipe status = MakePipe();
  if (!status.read_end.valid()) ThrowErrno("make a pipe");

  StartPlan plan;
  plan.command = BubblewrapCommand(
      request,
      {.source = source.get(), .filter = filter_file.get(), .status = status.write_end.get()});
  plan.environment = ProgramEnvironment("/tmp", request.environment);
  plan.inherited = {source.get(), filter_file.get(), status.write_end.get()};
  plan.limits = request.limits;
  plan.process_limit = request.limits.processes + kOurProcesses;
  plan.prove_completion = request.prove_completion;
  const StartedProgram program = Start(plan);
  status.write_end.Close();
  Outcome outcome = Supervise(program, request.limits);

  // All who could write are dead, so the end of the file is there.
  std::string events;
  ReadAll(status.read_end.get(), events);
  if (EndedByItself(outcome) && events.find("\"exit-code\"") == std::string::npos) {
    throw std::runtime_error("bubblewrap could not start the program: " + outcome.standard_error);
  }
  ReadExitCode(outcome);
  RecognizeCpuLimit(request.limits, outcome);
  return outcome;
}

}  // namespace assay
