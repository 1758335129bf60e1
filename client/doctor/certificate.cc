#include "client/doctor/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <limits>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr absl::Duration kSoon = absl::Hours(24 * 30);

absl::StatusOr<absl::Time> ReadTime(const ASN1_TIME* time) {
  std::tm fields = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) {
    return absl::InvalidArgumentError("the certificate's dates cannot be read");
  }
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }

}  // namespace

absl::StatusOr<CertificateValidity> ReadValidity(absl::string_view pem) {
  if (pem.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return absl::InvalidArgumentError("it is too large for a certificate");
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      bio == nullptr ? nullptr : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr),
      X509_free);
  if (certificate == nullptr) {
    return absl::InvalidArgumentError("there is no certificate in it (PEM)");
  }
  CertificateValidity validity;
  ASSAY_ASSIGN_OR_RETURN(validity.not_before, ReadTime(X509_get0_notBefore(certificate.get())));
  ASSAY_ASSIGN_OR_RETURN(validity.not_after, ReadTime(X509_get0_notAfter(certificate.get())));
  return validity;
}

Finding CheckCertificate(const std::string& subject, absl::string_view pem, absl::Time now) {
  const absl::StatusOr<CertificateValidity> validity = ReadValidity(pem);
  if (!validity.ok()) {
    return {Level::kProblem, subject, std::string(validity.status().message()),
            "name a file that holds a certificate in PEM form"};
  }
  if (now < validity->not_before) {
    return {Level::kProblem, subject,
            absl::StrCat("is not valid before ", Day(validity->not_before)),
            "set this machine's clock, or wait, or make the certificate again"};
  }
  if (now > validity->not_after) {
    return {Level::kProblem, subject, absl::StrCat("ran out on ", Day(validity->not_after)),
            "make a new one and put it in the old one's place; nothing needs to be restarted"};
  }
  const bool soon = validity->not_after - now < kSoon;
  return {soon ? Level::kWarning : Level::kOk, subject,
          absl::StrCat("is valid until ", Day(validity->not_after)),
          soon ? "make a new one and put it in the old one's place; nothing needs to be restarted"
               : ""};
}

}  // namespace assay
