// TLS for servers other than gRPC's, by files that are read again when they change.
//
//   ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<ServerTls> tls, ServerTls::Create(files));
//   SSL* connection = SSL_new(tls->Current().get());
#ifndef ASSAY_COMMON_TLS_SERVER_TLS_H_
#define ASSAY_COMMON_TLS_SERVER_TLS_H_

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/tls/tls_files.h"

namespace assay {

// Thread-safe.
class ServerTls {
 public:
  // As CheckServerTlsFiles. With a CA, clients must show a certificate that it has signed.
  static absl::StatusOr<std::unique_ptr<ServerTls>> Create(const TlsFiles& files);

  // For the next connection: of the files as they are now, or, while they do not fit together, as
  // they were. TLS 1.2 with forward secrecy, or 1.3; no session is resumed, so that every
  // connection is checked by the CA of its own time.
  std::shared_ptr<SSL_CTX> Current();

 private:
  // When, and in which form, a file was last changed.
  using Change = std::array<int64_t, 4>;

  explicit ServerTls(const TlsFiles& files) : files_(files) {}
  std::array<Change, 3> Changes() const;

  const TlsFiles files_;
  absl::Mutex mutex_;
  std::shared_ptr<SSL_CTX> current_ ABSL_GUARDED_BY(mutex_);
  std::array<Change, 3> read_ ABSL_GUARDED_BY(mutex_) = {};  // of the files that `current_` is of
  std::array<Change, 3> warned_ ABSL_GUARDED_BY(mutex_) = {};
};

// Who is at the other end; empty without a certificate.
struct PeerCertificate {
  std::string name = {};               // common name of the subject
  std::vector<std::string> uris = {};  // of its alternative names
};

// Of a connection whose certificate has been verified.
PeerCertificate PeerCertificateOf(const SSL* connection);

}  // namespace assay

#endif  // ASSAY_COMMON_TLS_SERVER_TLS_H_
