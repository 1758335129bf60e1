// Clocks that should agree.
#ifndef ASSAY_CLIENT_DOCTOR_CLOCK_CHECK_H_
#define ASSAY_CLIENT_DOCTOR_CLOCK_CHECK_H_

#include <string>

#include "absl/time/time.h"
#include "client/doctor/finding.h"

namespace assay {

// `difference`: of the clock of `subject` from that of `other`, known to `uncertainty` either way.
Finding CheckClock(const std::string& subject, const std::string& other, absl::Duration difference,
                   absl::Duration uncertainty);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_CLOCK_CHECK_H_
