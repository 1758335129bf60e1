// Watches a started program until it has ended or passed a limit, and ends all that it started.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_SUPERVISOR_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_SUPERVISOR_H_

#include "worker/sandbox/launcher/start.h"
#include "worker/sandbox/protocol/outcome.h"

namespace assay {

// Call before the program starts: this process adopts its orphans, and learns of every death.
void BecomeSupervisor();

// Returns when no process below this one is left. The ending is as waitpid reports it of the
// started process. Throws when the lifeline ended, after all was killed, or when a process cannot
// be killed.
Outcome Supervise(const StartedProgram& program, const Limits& limits);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_SUPERVISOR_H_
