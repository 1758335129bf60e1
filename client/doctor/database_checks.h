// What a coordinator tells of its database.
#ifndef ASSAY_CLIENT_DOCTOR_DATABASE_CHECKS_H_
#define ASSAY_CLIENT_DOCTOR_DATABASE_CHECKS_H_

#include "assay/v1/diagnostics_service.pb.h"
#include "client/doctor/finding.h"

namespace assay {

// Version, schema, clock, connections, and the settings that decide whether what is stored stays
// stored. `needed_connections`: that all coordinators open at most.
Findings CheckDatabase(const v1::DatabaseDiagnostics& database, int needed_connections,
                       int newest_schema);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_DATABASE_CHECKS_H_
