// What is in PEM files, as OpenSSL has it.
#ifndef ASSAY_COMMON_TLS_PEM_H_
#define ASSAY_COMMON_TLS_PEM_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace assay {

struct FreeOpenSsl {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using OpenSslOwned = std::unique_ptr<T, FreeOpenSsl>;

// All that are in the file, one or more. Errors name the file; InvalidArgument: it holds none.
absl::StatusOr<std::vector<OpenSslOwned<X509>>> ReadCertificates(const std::string& path);

// FailedPrecondition when every user of the machine may read the file; InvalidArgument when it
// holds no key, or one with a passphrase.
absl::StatusOr<OpenSslOwned<EVP_PKEY>> ReadPrivateKey(const std::string& path);

}  // namespace assay

#endif  // ASSAY_COMMON_TLS_PEM_H_
