#include <sys/prctl.h>
#include <unistd.h>

#include <string>

#include "worker/sandbox/launcher/private_folder.h"
#include "worker/sandbox/launcher/process_tree.h"
#include "worker/sandbox/launcher/runs.h"
#include "worker/sandbox/launcher/start.h"
#include "worker/sandbox/launcher/supervisor.h"
#include "worker/sandbox/launcher/system_error.h"

namespace assay {

Outcome RunWithLimits(const LaunchRequest& request) {
  // The program is this process's equal in the kernel's eyes; keep it out of our memory.
  CheckCall(prctl(PR_SET_DUMPABLE, 0), "protect the launcher's memory");
  PrivateFolder folder(request.temporary_folder);
  StartPlan plan;
  plan.command = request.interpreter;
  plan.command.push_back(folder.AddFile("program", request.source));
  plan.working_folder = folder.AddFolder("tmp");
  plan.environment = ProgramEnvironment(plan.working_folder, request.environment);
  plan.limits = request.limits;
  plan.process_limit = TasksOfUser(getuid()) + request.limits.processes;
  plan.install_filter = true;
  plan.prove_completion = request.prove_completion;
  Outcome outcome = Supervise(Start(plan), request.limits);
  RecognizeCpuLimit(request.limits, outcome);
  folder.Remove();
  return outcome;
}

}  // namespace assay
