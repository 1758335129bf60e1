// From a shard's items to requests for the engine: the prompt that fits, its token ids, and what is
// to be computed.
#ifndef ASSAY_WORKER_SESSION_ITEM_PREPARATION_H_
#define ASSAY_WORKER_SESSION_ITEM_PREPARATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/prediction.h"
#include "common/domain/worker.h"
#include "worker/engine/request.h"
#include "worker/session/prompt_form.h"
#include "worker/session/served_model.h"

namespace assay {

// The benchmark of a lease's run.
using BenchmarkFinder =
    std::function<absl::StatusOr<std::shared_ptr<const Benchmark>>(const Lease& lease)>;

// How the items of a run are asked.
struct ResolvedRun {
  std::shared_ptr<const Benchmark> benchmark;
  const ProtocolSpec* protocol = nullptr;  // the benchmark's
};

struct PreparedItem {
  Prediction prediction;          // all that is known before the model has run
  std::vector<Request> requests;  // one for each variant of the protocol; they have no ids yet
};

// An error means that no worker of this version can do the run.
absl::StatusOr<ResolvedRun> ResolveRun(const Lease& lease, const BenchmarkFinder& find_benchmark);

// Of each of lease.items, in their order, one for each of the run's samples. Of an item with
// several prompts the prediction has all texts, kVariantSeparator between them, the digest of all
// their token ids with a -1 between them, the sum of their tokens, and the flags of any. The error
// names the item.
absl::StatusOr<std::vector<PreparedItem>> PrepareItems(const Lease& lease, const ResolvedRun& run,
                                                       const TextCodec& codec,
                                                       const std::vector<int32_t>& stop_token_ids);

// A context and its continuations as token ids.
struct EncodedChoices {
  std::vector<int32_t> context;
  std::vector<std::vector<int32_t>> continuations;
};
// As lm-evaluation-harness splits them: white space at the end of the context belongs to the
// continuation, and a continuation's tokens are those of the whole text that come after as many as
// the context alone has; of an encoder-decoder, those of its own text.
absl::StatusOr<EncodedChoices> EncodeChoices(absl::string_view context,
                                             absl::Span<const std::string> continuations,
                                             const PromptForm& form);

// The first token of each choice's own text.
absl::StatusOr<std::vector<std::vector<int32_t>>> EncodeFirstTokens(
    absl::Span<const std::string> choices, const TextCodec& codec);

// Sha-256 of the ids as little-endian 32-bit integers.
std::string TokenIdsDigest(absl::Span<const int32_t> token_ids);

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_ITEM_PREPARATION_H_
