#include "coordinator/service/server_credentials.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/client_security.h"
#include "coordinator/service/server.h"

namespace assay {

bool AllowsAnonymous(const ServerOptions& options) {
  return options.tls.empty() && !options.require_tokens;
}

absl::StatusOr<PortCredentials> MakePortCredentials(const ServerOptions& options) {
  PortCredentials port;
  if (!options.tls.empty()) {
    ASSAY_ASSIGN_OR_RETURN(port.credentials, MakeServerTls(options.tls));
    return port;
  }
  if (IsLoopback(options.listen)) {
    port.credentials = grpc::experimental::LocalServerCredentials(LOCAL_TCP);
    return port;
  }
  if (!options.insecure) {
    return absl::FailedPreconditionError(absl::StrCat(
        "refusing to serve at ", options.listen,
        " without TLS: whoever reaches the port could read and change everything. Name a "
        "certificate by --tls-certificate and --tls-key (deploy/certificates makes them), or "
        "listen "
        "at 127.0.0.1, or say --insecure where everybody in the network may do everything"));
  }
  if (options.require_tokens) {
    return absl::InvalidArgumentError(
        "--require-tokens and --insecure exclude each other: a token on an unprotected line is no "
        "secret");
  }
  spdlog::warn("--insecure: whoever reaches {} may read and change everything", options.listen);
  port.credentials = grpc::InsecureServerCredentials();
  port.is_guarded = false;
  return port;
}

}  // namespace assay
