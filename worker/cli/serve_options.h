// The options of a worker that serves.
#ifndef ASSAY_WORKER_CLI_SERVE_OPTIONS_H_
#define ASSAY_WORKER_CLI_SERVE_OPTIONS_H_

#include "CLI/CLI.hpp"
#include "worker/cli/arguments.h"

namespace assay {

void AddServeOptions(CLI::App* app, WorkerArguments* arguments);

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_SERVE_OPTIONS_H_
