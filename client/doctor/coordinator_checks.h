// What the answers of the coordinators tell of them.
#ifndef ASSAY_CLIENT_DOCTOR_COORDINATOR_CHECKS_H_
#define ASSAY_CLIENT_DOCTOR_COORDINATOR_CHECKS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "assay/v1/diagnostics_service.pb.h"
#include "client/doctor/finding.h"

namespace assay {

struct CoordinatorAnswer {
  std::string address;
  absl::Status status;  // of the call
  v1::GetDiagnosticsResponse response;
  absl::Time asked;     // by this machine's clock
  absl::Time answered;  // by the same
  bool encrypted = false;
  std::string certificate;  // PEM; empty where the connection is not encrypted
};

// Reachable, of this client's version, of one schema, with clocks that agree, encrypted where the
// way leaves this machine.
Findings CheckCoordinators(absl::Span<const CoordinatorAnswer> answers);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_COORDINATOR_CHECKS_H_
