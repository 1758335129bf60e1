// A language model, decoder-only or with an encoder, as the engine sees it.
#ifndef ASSAY_WORKER_MODEL_CAUSAL_LM_H_
#define ASSAY_WORKER_MODEL_CAUSAL_LM_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "worker/layers/batch.h"
#include "worker/layers/kv_pool.h"

namespace assay {

// Not thread-safe: a forward pass uses the model's own buffers. Every output row has the same bits
// whatever else is in the batch, and whether the tokens before it were computed in this pass or in
// earlier ones.
class CausalLm {
 public:
  virtual ~CausalLm() = default;

  virtual int64_t vocabulary_size() const = 0;
  virtual int64_t context_length() const = 0;  // tokens
  virtual KvLayout kv_layout() const = 0;
  virtual int64_t weight_bytes() const = 0;  // resident, in the compute type
  // How many of a prompt's first tokens see one another, not only those before them. A pass
  // computes them all. InvalidArgument where the prompt is not of the form that the model needs.
  virtual absl::StatusOr<int64_t> BidirectionalPrefix(absl::Span<const int32_t> /*prompt*/) const {
    return 0;
  }
  // Of an encoder-decoder: the token that its decoder begins with. A prompt then goes to the
  // encoder (Batch::prompts), and what follows to the decoder, behind this token. None: what
  // follows continues the prompt.
  virtual std::optional<int32_t> decoder_start_token() const { return std::nullopt; }

  // One pass over the batch, which leaves the final hidden states of batch.output_rows in the
  // model. ResourceExhausted when memory runs out; other errors are the libraries' own.
  virtual absl::Status Forward(const Batch& batch, KvPool* pool) = 0;

  // Logits of output rows [first, first + rows) of the last Forward: [rows, vocabulary_size]; valid
  // until the next call. `first` is a multiple of cpu::kRowStep.
  virtual absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_CAUSAL_LM_H_
