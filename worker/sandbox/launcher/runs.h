// The two ways to run a program.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_RUNS_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_RUNS_H_

#include "worker/sandbox/protocol/messages.h"
#include "worker/sandbox/protocol/outcome.h"

namespace assay {

// Both throw when the program could not be run, and return when nothing of it is left.

// By bubblewrap: namespaces of its own, a root that holds almost nothing, a bounded /tmp.
Outcome RunInNamespaces(const LaunchRequest& request);

// Among the machine's other processes and files, under resource limits and the filter of system
// calls, in a private folder that is removed afterwards.
Outcome RunWithLimits(const LaunchRequest& request);

// When a signal, or what shows as one, is that of the limit of CPU time, names the limit.
void RecognizeCpuLimit(const Limits& limits, Outcome& outcome);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_RUNS_H_
