// What this machine is good for: as a worker, and as the one that holds the data.
#ifndef ASSAY_CLIENT_DOCTOR_MACHINE_CHECKS_H_
#define ASSAY_CLIENT_DOCTOR_MACHINE_CHECKS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "assay/v1/types.pb.h"
#include "client/doctor/finding.h"

namespace assay {

// Of the line that `assay-worker probe` prints: version, device and sandbox.
Findings CheckProbe(absl::string_view json);

// Room on the disk of `path`, in bytes.
Finding CheckRoom(const std::string& path, uint64_t available, uint64_t capacity);

// Whether the files of a model are where it was added with. `serves`: whether a worker on this
// machine is connected, and so needs them.
Finding CheckModelFiles(const v1::ModelSpec& model, bool serves);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_MACHINE_CHECKS_H_
