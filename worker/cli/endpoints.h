// What a worker asks endpoints with.
#ifndef ASSAY_WORKER_CLI_ENDPOINTS_H_
#define ASSAY_WORKER_CLI_ENDPOINTS_H_

#include "absl/status/statusor.h"
#include "worker/cli/arguments.h"
#include "worker/remote/api_keys.h"
#include "worker/remote/endpoint_client.h"
#include "worker/remote/remote_runner.h"
#include "worker/session/lease_benchmarks.h"
#include "worker/session/worker.h"

namespace assay {

// Of --api-key-file and the environment.
absl::StatusOr<ApiKeys> ReadKeys(const WorkerArguments& arguments);

// Null where the worker serves no remote models. The rest must outlive what it makes.
RemoteRunnerFactory MakeRemoteRunner(const WorkerArguments& arguments, HttpTransport* transport,
                                     const ApiKeys* keys, LeaseBenchmarks* benchmarks);

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_ENDPOINTS_H_
