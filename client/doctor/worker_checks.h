// What the workers have said of themselves.
#ifndef ASSAY_CLIENT_DOCTOR_WORKER_CHECKS_H_
#define ASSAY_CLIENT_DOCTOR_WORKER_CHECKS_H_

#include "assay/v1/diagnostics_service.pb.h"
#include "client/doctor/finding.h"

namespace assay {

// Whether there are any, of how many kinds, what keeps programs apart from their machines, and
// whether work is stuck.
Findings CheckWorkers(const v1::DatabaseDiagnostics& database);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_WORKER_CHECKS_H_
