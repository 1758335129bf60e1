#ifndef ASSAY_WORKER_CLI_SERVE_H_
#define ASSAY_WORKER_CLI_SERVE_H_

#include "absl/status/status.h"
#include "worker/cli/arguments.h"

namespace assay {

// Leases shards and computes them until a signal, or until there was nothing to do for
// --exit-when-idle.
absl::Status Serve(WorkerArguments arguments);

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_SERVE_H_
