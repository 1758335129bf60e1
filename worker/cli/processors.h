#ifndef ASSAY_WORKER_CLI_PROCESSORS_H_
#define ASSAY_WORKER_CLI_PROCESSORS_H_

#include "worker/cli/arguments.h"
#include "worker/machine/processor_claims.h"

namespace assay {

// Processors for the threads that were asked for, or all that are free.
ProcessorClaims ClaimProcessors(WorkerArguments* arguments);

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_PROCESSORS_H_
