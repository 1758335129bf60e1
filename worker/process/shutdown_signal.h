// SIGTERM and SIGINT as a thing to wait for. The second signal ends the process at once, as without
// a handler.
#ifndef ASSAY_WORKER_PROCESS_SHUTDOWN_SIGNAL_H_
#define ASSAY_WORKER_PROCESS_SHUTDOWN_SIGNAL_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace assay {

// Makes the first signal end WaitForShutdownSignal() and be otherwise without effect. Call it
// before threads are made.
absl::Status InstallShutdownSignal();
// Blocks until a signal came, before or after the call, or `patience` has passed; its number, or 0.
int WaitForShutdownSignal(absl::Duration patience = absl::InfiniteDuration());

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_SHUTDOWN_SIGNAL_H_
