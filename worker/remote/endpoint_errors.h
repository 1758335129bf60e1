// What an endpoint's answer means when it is not the one that was asked for.
#ifndef ASSAY_WORKER_REMOTE_ENDPOINT_ERRORS_H_
#define ASSAY_WORKER_REMOTE_ENDPOINT_ERRORS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace assay {

enum class Remedy {
  kTryAgain,  // it may be otherwise in a while
  kGiveUp,    // this request is at fault
  kFailRun,   // so will every other one be
};
// Of an answer whose status is not 200.
Remedy RemedyFor(int status, absl::string_view body);

// The endpoint's own words out of the body of such an answer: one line of printable ASCII, cut
// where it is long, without `key`.
std::string EndpointWords(absl::string_view body, absl::string_view key);

// What a Retry-After header asks for: seconds, or a date. Nullopt when it cannot be read.
std::optional<absl::Duration> ReadRetryAfter(absl::string_view header, absl::Time now);

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_ENDPOINT_ERRORS_H_
