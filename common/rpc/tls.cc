#include "common/rpc/tls.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <string>

#include "common/base/status_macros.h"

namespace assay {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

bool HasCaFile(const TlsFiles& files) { return !files.ca.empty() && files.ca != kSystemCa; }

// Null where nothing is read from files.
std::shared_ptr<FileWatcherCertificateProvider> Watch(const TlsFiles& files) {
  const std::string ca = HasCaFile(files) ? files.ca : "";
  if (ca.empty() && files.key.empty()) return nullptr;
  return std::make_shared<FileWatcherCertificateProvider>(files.key, files.certificate, ca,
                                                          kTlsRefreshSeconds);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerTls(const TlsFiles& files) {
  ASSAY_RETURN_IF_ERROR(CheckServerTlsFiles(files));
  grpc::experimental::TlsServerCredentialsOptions options(Watch(files));
  options.watch_identity_key_cert_pairs();
  if (HasCaFile(files)) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeClientTls(const TlsFiles& files) {
  ASSAY_RETURN_IF_ERROR(CheckTlsFiles(files));
  if (files.ca.empty()) {
    return absl::InvalidArgumentError(
        "--tls-ca names the CA whose certificates are trusted (\"system\": those that the machine "
        "trusts)");
  }
  grpc::experimental::TlsChannelCredentialsOptions options;
  if (const auto provider = Watch(files); provider != nullptr) {
    options.set_certificate_provider(provider);
    if (HasCaFile(files)) options.watch_root_certs();
    if (!files.key.empty()) options.watch_identity_key_cert_pairs();
  }
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace assay
