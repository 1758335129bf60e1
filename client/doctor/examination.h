// Looks at a deployment, as far as this machine can see it.
#ifndef ASSAY_CLIENT_DOCTOR_EXAMINATION_H_
#define ASSAY_CLIENT_DOCTOR_EXAMINATION_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "assay/v1/types.pb.h"
#include "client/doctor/coordinator_checks.h"
#include "client/doctor/finding.h"
#include "common/base/clock.h"

namespace assay {

// Asks each coordinator of `addresses` ("host:port", with commas between them) by itself, for a few
// seconds at most.
std::vector<CoordinatorAnswer> AskCoordinators(const std::string& addresses, Clock* clock);

// Of the coordinators and of the database and workers as the first one that can tells of them.
Findings CheckService(absl::Span<const CoordinatorAnswer> answers);

struct MachineOptions {
  std::string data;  // of `assay up`; may not be there
  std::string device = "cpu";
  std::string sandbox = "namespaces";
};
// Device and sandbox by the assay-worker beside this program, where there is one; room for data.
Findings CheckMachine(const MachineOptions& options);

// Of models with files, by what the workers of `answers` need.
Findings CheckModels(absl::Span<const v1::ModelSpec> models,
                     absl::Span<const CoordinatorAnswer> answers);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_EXAMINATION_H_
