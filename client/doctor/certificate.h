// How long a certificate is good for.
#ifndef ASSAY_CLIENT_DOCTOR_CERTIFICATE_H_
#define ASSAY_CLIENT_DOCTOR_CERTIFICATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/doctor/finding.h"

namespace assay {

struct CertificateValidity {
  absl::Time not_before;
  absl::Time not_after;
};

// Of the first certificate in `pem`. InvalidArgument when there is none.
absl::StatusOr<CertificateValidity> ReadValidity(absl::string_view pem);

// A problem when it is not good now, a warning for the last 30 days.
Finding CheckCertificate(const std::string& subject, absl::string_view pem, absl::Time now);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_CERTIFICATE_H_
