// Runs requests on a causal language model: packed prefill under a token budget, common prefixes
// computed once, continuous batching in decode. The outputs of a request have the same bits
// whatever runs beside it, whatever the budget, the order of submission and the size of the cache.
#ifndef ASSAY_WORKER_ENGINE_ENGINE_H_
#define ASSAY_WORKER_ENGINE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/engine/request.h"
#include "worker/layers/batch.h"

namespace assay {

class CausalLm;

struct EngineOptions {
  int64_t token_budget = 2048;  // tokens computed in one step, at most
  int64_t kv_cache_bytes = int64_t{2} << 30;
  int64_t most_running = 128;  // sequences, at most; they take turns in decoding
  // What can be left out; none changes a result (optimizations.h has their names).
  bool share_prefixes = true;   // keys and values of common prefixes are computed once
  bool order_by_prefix = true;  // else prompts wait in the order of submission
  bool speculate = true;        // prompt look-up (speculation.h) where a pass has room for it
  PassOptions passes = {};
};

struct EngineStatistics {
  int64_t steps = 0;
  int64_t prompt_tokens = 0;    // of finished and running requests
  int64_t cached_tokens = 0;    // of those, found in the cache
  int64_t computed_tokens = 0;  // forwarded through the model, decode included
  int64_t generated_tokens = 0;
  int64_t drafted_tokens = 0;   // guessed by speculation and computed
  int64_t accepted_tokens = 0;  // of those, the ones that were right
  int64_t split_steps = 0;      // passes for which memory did not suffice
  int64_t kv_blocks = 0;        // of the cache of keys and values
  int64_t kv_blocks_held = 0;   // of those, held by sequences or reserved for them; after a step
};

// Not thread-safe: one thread owns it.
class Engine {
 public:
  // `model` must outlive the engine. ResourceExhausted when the cache cannot hold a single sequence
  // of one block.
  static absl::StatusOr<std::unique_ptr<Engine>> Create(CausalLm* model,
                                                        const EngineOptions& options);
  ~Engine();

  // Queues a request. InvalidArgument for an empty prompt, a token outside the vocabulary, or a
  // request that cannot fit into the model's context or the cache even alone.
  absl::Status Submit(Request request);
  // Forgets a request wherever it is; no Completion will come of it. An unknown id is ignored.
  void Cancel(uint64_t id);
  bool HasWork() const;
  // One forward pass; appends the requests that it finished. Without work does nothing. Where
  // memory does not suffice for a pass, the following ones are smaller. An error is the engine's
  // own: the requests that were in it stay queued.
  absl::Status Step(std::vector<Completion>* finished);

  const EngineStatistics& statistics() const;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_ENGINE_H_
