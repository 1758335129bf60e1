// A protocol as a run that was graded again follows it.
#ifndef ASSAY_COMMON_SCORING_GRADED_BY_H_
#define ASSAY_COMMON_SCORING_GRADED_BY_H_

#include <string>

#include "common/benchmark/benchmark.h"

namespace assay {

// The protocol with the metrics of `grader`, its name being one that this program need not know;
// the protocol itself where the grader is its own, or unnamed.
ProtocolSpec GradedBy(const ProtocolSpec& protocol, const std::string& grader);

}  // namespace assay

#endif  // ASSAY_COMMON_SCORING_GRADED_BY_H_
