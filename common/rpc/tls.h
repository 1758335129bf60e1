// TLS for gRPC, by files that are read again when they change.
#ifndef ASSAY_COMMON_RPC_TLS_H_
#define ASSAY_COMMON_RPC_TLS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/tls/tls_files.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace assay {

// For a server; errors as of CheckServerTlsFiles. TLS 1.2 or later.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerTls(const TlsFiles& files);

// For a client, which has a CA ("system": those that the machine trusts) and may have a
// certificate.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeClientTls(const TlsFiles& files);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_TLS_H_
