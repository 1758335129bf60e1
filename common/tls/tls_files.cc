#include "common/tls/tls_files.h"

#include <openssl/x509_vfy.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/tls/pem.h"

namespace assay {
namespace {

absl::StatusOr<OpenSslOwned<X509>> ReadValidCertificate(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(std::vector<OpenSslOwned<X509>> read, ReadCertificates(path));
  if (X509_cmp_current_time(X509_get0_notAfter(read.front().get())) < 0) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": the certificate is out of date"));
  }
  return std::move(read.front());
}

absl::Status CheckPair(const TlsFiles& files) {
  if (files.certificate.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        "a certificate and its key are named together: --tls-certificate and --tls-key");
  }
  if (files.key.empty()) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const OpenSslOwned<X509> certificate,
                         ReadValidCertificate(files.certificate));
  ASSAY_ASSIGN_OR_RETURN(const OpenSslOwned<EVP_PKEY> key, ReadPrivateKey(files.key));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.key, ": is not the key of the certificate ", files.certificate));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTlsFiles(const TlsFiles& files) {
  if (!files.ca.empty() && files.ca != kSystemCa) {
    ASSAY_RETURN_IF_ERROR(ReadValidCertificate(files.ca).status());
  }
  return CheckPair(files);
}

absl::Status CheckServerTlsFiles(const TlsFiles& files) {
  if (files.key.empty() && files.certificate.empty()) {
    return absl::InvalidArgumentError(
        "a server needs a certificate: --tls-certificate and --tls-key");
  }
  if (files.ca == kSystemCa) {
    return absl::InvalidArgumentError(
        "--tls-client-ca names a file: whoever any public CA has certified is no client of this "
        "server");
  }
  return CheckTlsFiles(files);
}

}  // namespace assay
