#include "worker/engine/scheduler.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "worker/engine/speculation.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

// A pass of fewer rows waits for the weights more than for the products, so that rows up to here
// are all but free (measured: docs/engine.md).
constexpr int64_t kFreeRows = 128;

}  // namespace

bool Scheduler::ByTokens::operator()(const Sequence* a, const Sequence* b) const {
  if (by_tokens && a->tokens != b->tokens) return a->tokens < b->tokens;
  return std::tie(a->request_id, a->choice) < std::tie(b->request_id, b->choice);
}

int64_t Scheduler::WantedTokens(Sequence* sequence) const {
  // In the order of tokens the longest common prefixes are those of the neighbours.
  const auto common = [sequence](const Sequence* other) -> int64_t {
    const auto ends = std::mismatch(sequence->tokens.begin(), sequence->tokens.end(),
                                    other->tokens.begin(), other->tokens.end());
    return ends.first - sequence->tokens.begin();
  };
  int64_t wanted = 0;
  const auto next = waiting_.lower_bound(sequence);
  if (next != waiting_.end()) wanted = common(*next);
  if (next != waiting_.begin()) wanted = std::max(wanted, common(*std::prev(next)));
  return wanted;
}

void Scheduler::Remove(Sequence* sequence) {
  waiting_.erase(sequence);
  std::erase(running_, sequence);
  cache_->Release(&sequence->hold, WantedTokens(sequence));
}

void Scheduler::Restart() {
  for (Sequence* sequence : running_) {
    if (sequence->drafts > 0) {
      // What was accepted before the pass failed is no guess any more.
      sequence->tokens.resize(static_cast<size_t>(sequence->first_output + 1));
      sequence->drafts = 0;
    }
    cache_->Release(&sequence->hold, sequence->hold.tokens);
    waiting_.insert(sequence);
  }
  running_.clear();
}

void Scheduler::Truncate(Sequence* sequence, int64_t tokens) {
  cache_->Truncate(&sequence->hold, tokens);
}

void Scheduler::Draft() {
  int64_t decoding = 0;
  for (const Sequence* sequence : running_) {
    // A pass that has prompts to compute has no room.
    if (sequence->remaining() != 1) return;
    if (sequence->generates) ++decoding;
  }
  if (decoding == 0 || !waiting_.empty()) return;
  const int64_t rows = std::min(kFreeRows, options_.token_budget);
  const int64_t share = (rows - static_cast<int64_t>(running_.size())) / decoding;
  for (Sequence* sequence : running_) {
    if (!sequence->generates) continue;
    // Guesses never complete a block, which another sequence might then hold, and never go beyond
    // what will be computed at all.
    const int64_t position = sequence->hold.tokens;
    const int64_t most = std::min({share, sequence->draft_limit,
                                   cpu::kBlockTokens - 2 - position % cpu::kBlockTokens,
                                   sequence->most_tokens - position - 1});
    const std::vector<int32_t> draft = LookUpDraft(sequence->tokens, most);
    sequence->tokens.insert(sequence->tokens.end(), draft.begin(), draft.end());
    sequence->drafts = static_cast<int64_t>(draft.size());
  }
}

void Scheduler::Take(Sequence* sequence, int64_t tokens, Schedule* schedule) {
  Batch& batch = schedule->batch;
  const int64_t first = sequence->hold.tokens;
  BatchSlice slice;
  slice.first_row = batch.rows();
  slice.rows = tokens;
  slice.first_position = static_cast<int32_t>(first);
  const absl::Span<const int32_t> part =
      absl::MakeConstSpan(sequence->tokens)
          .subspan(static_cast<size_t>(first), static_cast<size_t>(tokens));
  cache_->Extend(&sequence->hold, part);
  slice.blocks = KvCache::Blocks(sequence->hold);
  for (int64_t i = 0; i < tokens; ++i) {
    const int64_t position = first + i;
    if (position >= sequence->first_output) {
      batch.output_rows.push_back(slice.first_row + i);
      schedule->outputs.push_back({sequence, position});
    }
    batch.token_ids.push_back(part[static_cast<size_t>(i)]);
    batch.positions.push_back(static_cast<int32_t>(position));
  }
  batch.slices.push_back(std::move(slice));
}

Schedule Scheduler::Next() {
  Schedule schedule;
  schedule.batch.options = options_.passes;
  int64_t budget = options_.token_budget;
  if (options_.speculate) Draft();
  // First those with one token to go (decoding), then prompts that were begun.
  for (const bool decoding : {true, false}) {
    for (Sequence* sequence : running_) {
      if (budget == 0) break;
      const int64_t remaining = sequence->remaining();
      if (remaining == 0 || (remaining == 1) != decoding) continue;
      const int64_t tokens = std::min(budget, remaining + sequence->drafts);
      Take(sequence, tokens, &schedule);
      budget -= tokens;
    }
  }
  // No more run than can all be decoded in one pass.
  const size_t most_running =
      static_cast<size_t>(std::min(options_.most_running, options_.token_budget));
  while (budget > 0 && !waiting_.empty() && running_.size() < most_running) {
    Sequence* sequence = *waiting_.begin();
    const int64_t most_shared =
        options_.share_prefixes
            ? std::min(sequence->first_output, static_cast<int64_t>(sequence->tokens.size()) - 1)
            : 0;
    if (!cache_->Admit(sequence->tokens, most_shared, sequence->most_tokens, &sequence->hold,
                       &schedule.batch.copies)) {
      break;
    }
    if (!sequence->admitted) sequence->cached_tokens = sequence->hold.tokens;
    sequence->admitted = true;
    waiting_.erase(waiting_.begin());
    running_.push_back(sequence);
    const int64_t tokens = std::min(budget, sequence->remaining());
    Take(sequence, tokens, &schedule);
    budget -= tokens;
  }
  schedule.batch.fresh_blocks = cache_->TakeFresh();
  return schedule;
}

}  // namespace assay
