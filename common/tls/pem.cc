#include "common/tls/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "absl/strings/str_cat.h"
#include "common/base/secret_file.h"
#include "common/base/status_macros.h"
#include "common/tls/tls_files.h"

namespace assay {
namespace {

// A key that asks for a passphrase is refused, not asked about on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

OpenSslOwned<BIO> Open(const std::string& pem) {
  return OpenSslOwned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

}  // namespace

absl::StatusOr<std::vector<OpenSslOwned<X509>>> ReadCertificates(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const std::string pem, ReadSmallFile(path, kMaxPemBytes));
  const OpenSslOwned<BIO> bio = Open(pem);
  std::vector<OpenSslOwned<X509>> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  // That there is no further one is an error of OpenSSL's.
  ERR_clear_error();
  if (certificates.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no certificate in PEM form"));
  }
  return certificates;
}

absl::StatusOr<OpenSslOwned<EVP_PKEY>> ReadPrivateKey(const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const std::string pem, ReadSecretFile(path, kMaxPemBytes));
  OpenSslOwned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(Open(pem).get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds no private key in PEM form without a passphrase"));
  }
  return key;
}

}  // namespace assay
