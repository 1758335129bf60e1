// The log-likelihood of a continuation in a text that an endpoint echoed with log-probabilities.
#ifndef ASSAY_WORKER_REMOTE_ECHO_SCORE_H_
#define ASSAY_WORKER_REMOTE_ECHO_SCORE_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/remote/openai_messages.h"

namespace assay {

// Of `text`, which was sent and echoed, what comes from byte `begin` on. The tokens are found by
// their texts, from the end, so that a BOS in front does no harm; where these do not add up to the
// text (some services write spaces their own way), by their offsets. A token that begins before
// `begin` and ends after it counts. `first_token_only`: of the tokens found, the first alone.
// FailedPrecondition: kNoLogProbabilities. DataLoss: the tokens do not tell where the text is.
absl::StatusOr<double> EchoedLogLikelihood(const EchoAnswer& answer, absl::string_view text,
                                           size_t begin, bool first_token_only);

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_ECHO_SCORE_H_
