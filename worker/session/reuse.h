// What was computed before is taken instead of computing it anew.
#ifndef ASSAY_WORKER_SESSION_REUSE_H_
#define ASSAY_WORKER_SESSION_REUSE_H_

#include <vector>

#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "worker/session/item_preparation.h"

namespace assay {

// Completes each item of which `reusable` has a prediction of the very same request: the item and
// sample, the digests of its token ids and of all else that was asked. Such an item has no requests
// any more. Returns how many these are.
int TakeReusable(absl::Span<const Prediction> reusable, std::vector<PreparedItem>* items);

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_REUSE_H_
