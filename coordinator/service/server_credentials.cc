#include "coordinator/service/server_credentials.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "common/base/loopback.h"
#include "coordinator/service/server.h"

namespace assay {

bool AllowsAnonymous(const ServerOptions& options) {
  return options.tls.empty() && !options.require_tokens;
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakePortCredentials(
    const ServerOptions& options) {
  if (!options.tls.empty()) return MakeServerTls(options.tls);
  if (IsLoopbackAddress(options.listen)) {
    return grpc::experimental::LocalServerCredentials(LOCAL_TCP);
  }
  if (!options.insecure) {
    return absl::FailedPreconditionError(absl::StrCat(
        "refusing to serve at ", options.listen,
        " without TLS: whoever reaches the port could read and change everything. Name a "
        "certificate by --tls-certificate and --tls-key (deploy/certificates makes them), or "
        "listen at 127.0.0.1, or say --insecure where the network may read everything"));
  }
  if (options.require_tokens) {
    SPDLOG_WARN("--insecure: whoever can listen on the way to {} may read everything, tokens too",
                options.listen);
  } else {
    SPDLOG_WARN("--insecure: whoever reaches {} may read and change everything", options.listen);
  }
  // Plain ones take no processor of metadata; these do, and are plain where there is no xDS.
  return grpc::XdsServerCredentials(grpc::InsecureServerCredentials());
}

}  // namespace assay
