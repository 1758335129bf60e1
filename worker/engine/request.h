// What the engine is asked, and what it answers. Everything is token ids; it knows nothing of text.
#ifndef ASSAY_WORKER_ENGINE_REQUEST_H_
#define ASSAY_WORKER_ENGINE_REQUEST_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "worker/engine/sampler.h"

namespace assay {

struct Request {
  uint64_t id = 0;              // the caller's; unique among unfinished requests
  std::vector<int32_t> prompt;  // at least one token
  // Generate: at most so many new tokens, chosen as `sampling` says, ended early by a token of
  // `stop_token_ids` (which is not part of the output).
  int max_new_tokens = 0;
  std::vector<int32_t> stop_token_ids;
  // ScoreChoices, when not empty: the log-likelihood of each of these continuations after the
  // prompt. Each has at least one token. max_new_tokens is then 0.
  std::vector<std::vector<int32_t>> choices;
  TokenSampling sampling = {};
  // Generate, where it is set: called with all new tokens after each of them; true ends the output,
  // which keeps them. Must be a pure function.
  std::function<bool(absl::Span<const int32_t> new_tokens)> is_over = {};
};

struct Completion {
  uint64_t id = 0;
  absl::Status status;  // not OK: the request could not be run; the rest is unset
  std::vector<int32_t> token_ids;
  FinishReason finish_reason = FinishReason::kNone;
  std::vector<double> choice_loglikelihoods;
  int64_t cached_tokens = 0;  // of the prompt, those not computed for this request
};

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_REQUEST_H_
