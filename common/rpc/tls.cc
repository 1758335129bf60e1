#include "common/rpc/tls.h"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/secret_file.h"

namespace assay {
namespace {

using grpc::experimental::FileWatcherCertificateProvider;

constexpr char kSystemCa[] = "system";
constexpr size_t kMaxPemBytes = 1 << 20;

struct Freed {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

// A key that asks for a passphrase is refused, not asked about on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

Owned<BIO> Open(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

absl::StatusOr<Owned<X509>> ReadCertificate(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const std::string pem, ReadSmallFile(path, kMaxPemBytes));
  Owned<X509> certificate(PEM_read_bio_X509(Open(pem).get(), nullptr, NoPassphrase, nullptr));
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no certificate in PEM form"));
  }
  const ASN1_TIME* end = X509_get0_notAfter(certificate.get());
  if (X509_cmp_current_time(end) < 0) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": the certificate is out of date"));
  }
  return certificate;
}

absl::Status CheckPair(const TlsFiles& files) {
  if (files.certificate.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        "a certificate and its key are named together: --tls-certificate and --tls-key");
  }
  if (files.key.empty()) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const Owned<X509> certificate, ReadCertificate(files.certificate));
  ASSAY_ASSIGN_OR_RETURN(const std::string pem, ReadSecretFile(files.key, kMaxPemBytes));
  const Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(Open(pem).get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.key, ": holds no private key in PEM form without a passphrase"));
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.key, ": is not the key of the certificate ", files.certificate));
  }
  return absl::OkStatus();
}

bool HasCaFile(const TlsFiles& files) { return !files.ca.empty() && files.ca != kSystemCa; }

// Null where nothing is read from files.
std::shared_ptr<FileWatcherCertificateProvider> Watch(const TlsFiles& files) {
  const std::string ca = HasCaFile(files) ? files.ca : "";
  if (ca.empty() && files.key.empty()) return nullptr;
  return std::make_shared<FileWatcherCertificateProvider>(files.key, files.certificate, ca,
                                                          kTlsRefreshSeconds);
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  if (HasCaFile(files)) ASSAY_RETURN_IF_ERROR(ReadCertificate(files.ca).status());
  return CheckPair(files);
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerTls(const TlsFiles& files) {
  ASSAY_RETURN_IF_ERROR(CheckTlsFiles(files));
  if (files.key.empty()) {
    return absl::InvalidArgumentError(
        "a server needs a certificate: --tls-certificate and --tls-key");
  }
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
