// How the coordinator's port is protected.
#ifndef ASSAY_COORDINATOR_SERVICE_SERVER_CREDENTIALS_H_
#define ASSAY_COORDINATOR_SERVICE_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"

namespace assay {

struct ServerOptions;

// FailedPrecondition, with what to do, for an address that others can reach and that nothing
// protects; and as MakeServerTls. They take a processor of metadata.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakePortCredentials(
    const ServerOptions& options);

// Whether callers who show nothing are let in.
bool AllowsAnonymous(const ServerOptions& options);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_SERVER_CREDENTIALS_H_
