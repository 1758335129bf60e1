// TLS for gRPC, by files that are read again when they change.
#ifndef ASSAY_COMMON_RPC_TLS_H_
#define ASSAY_COMMON_RPC_TLS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace assay {

// Paths of PEM files; empty: none.
struct TlsFiles {
  // Who is trusted: by a client, to sign the server's certificate; by a server, to sign clients',
  // which it then asks for.
  std::string ca = {};
  // One's own, with those that lead to the CA behind it, and its key.
  std::string certificate = {};
  std::string key = {};

  bool empty() const { return ca.empty() && certificate.empty() && key.empty(); }
};

// A change of the files is taken up by new connections after so many seconds.
inline constexpr unsigned kTlsRefreshSeconds = 10;

// Whether the files are there, can be read, and fit together; that the key is readable by others
// than its owner and group is an error too. InvalidArgument, FailedPrecondition or NotFound name
// the file and the reason.
absl::Status CheckTlsFiles(const TlsFiles& files);

// For a server, which has a certificate and a key. TLS 1.2 or later.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerTls(const TlsFiles& files);

// For a client, which has a CA ("system": those that the machine trusts) and may have a
// certificate.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeClientTls(const TlsFiles& files);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_TLS_H_
