// From a shard's items to the texts that an endpoint is asked with.
#ifndef ASSAY_WORKER_REMOTE_REMOTE_ITEMS_H_
#define ASSAY_WORKER_REMOTE_REMOTE_ITEMS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/prediction.h"
#include "common/domain/worker.h"
#include "worker/session/item_preparation.h"

namespace assay {

// A prompt, and the texts that are scored after it (none: it is gone on with).
struct RemotePrompt {
  std::string text;
  std::vector<std::string> choices;
};

struct RemoteItem {
  Prediction prediction;              // all that is known before the endpoint is asked
  std::vector<RemotePrompt> prompts;  // one for each variant of the protocol
};

// The tokens of `text` by ModelSpec::characters_per_token, rounded up: what prompts are measured
// by, since the endpoint's tokenizer is not known.
int64_t EstimateTokens(const ModelSpec& model, absl::string_view text);

// One for each of lease.items, in their order. The digest is of the texts that are sent, the system
// prompt before them, with a NUL before each of them.
absl::StatusOr<std::vector<RemoteItem>> PrepareRemoteItems(const Lease& lease,
                                                           const ResolvedRun& run);

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_REMOTE_ITEMS_H_
