// Decides which tokens the next forward pass computes: one for every sequence that is being
// decoded, then prompts until the token budget is used up. Waiting sequences are admitted in the
// order of their tokens, so that those with a common prefix follow each other.
#ifndef ASSAY_WORKER_ENGINE_SCHEDULER_H_
#define ASSAY_WORKER_ENGINE_SCHEDULER_H_

#include <cstdint>
#include <set>
#include <vector>

#include "worker/engine/engine.h"
#include "worker/engine/kv_cache.h"
#include "worker/engine/prefix_keys.h"
#include "worker/engine/sequence.h"
#include "worker/layers/batch.h"

namespace assay {

// A wanted output of a pass: row `output` of the hidden states is that of `position` in `sequence`.
struct ScheduledOutput {
  Sequence* sequence = nullptr;
  int64_t position = 0;
};

struct Schedule {
  Batch batch;
  std::vector<ScheduledOutput> outputs;  // one for each of batch.output_rows
};

// Does not own the sequences. Not thread-safe.
class Scheduler {
 public:
  // `cache` must outlive the scheduler. `recurrent`: its blocks hold states (KvLayout).
  Scheduler(KvCache* cache, const EngineOptions& options, bool recurrent)
      : cache_(cache),
        options_(options),
        recurrent_(recurrent),
        waiting_(ByTokens{options.order_by_prefix}) {}

  void Add(Sequence* sequence);
  // Takes the sequence out, wherever it is, and releases its hold.
  void Remove(Sequence* sequence);
  // Puts every running sequence back to the waiting ones, to be computed anew.
  void Restart();
  // What a sequence holds beyond `tokens` tokens, of guesses that were wrong, is no longer its own.
  void Truncate(Sequence* sequence, int64_t tokens);
  // From the next pass on.
  void set_token_budget(int64_t tokens) { options_.token_budget = tokens; }
  int64_t token_budget() const { return options_.token_budget; }
  bool HasWork() const { return !waiting_.empty() || !running_.empty(); }
  // Empty batch: nothing to do.
  Schedule Next();

 private:
  struct ByTokens {
    bool by_tokens;
    bool operator()(const Sequence* a, const Sequence* b) const;
  };
  // The longest prefix of the sequence that a waiting one has as well.
  int64_t WantedTokens(Sequence* sequence) const;
  void Take(Sequence* sequence, int64_t tokens, Schedule* schedule);
  // Where waiting sequences part from this one within its tokens (first, end]; ascending.
  std::vector<int64_t> Partings(Sequence* sequence, int64_t first, int64_t end) const;
  // Guesses for the sequences that are being decoded, as far as the pass is short of rows anyway.
  void Draft();

  KvCache* const cache_;
  EngineOptions options_;
  const bool recurrent_;
  PrefixKeys prefix_keys_;
  std::set<Sequence*, ByTokens> waiting_;
  std::vector<Sequence*> running_;  // in order of admission
};

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_SCHEDULER_H_
