#include "worker/engine/scheduler.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <tuple>

#include "worker/engine/speculation.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

// A pass of fewer rows waits for the weights more than for the products, so that rows up to here
// are all but free (measured: docs/engine.md).
constexpr int64_t kFreeRows = 128;
// Of a pass's tokens of one sequence; each takes a block and a copy of the state.
constexpr int kMostPartings = 8;

// What the cache knows the sequence's tokens [first, end) by.
std::vector<int32_t> CacheKeys(const Sequence& sequence, int64_t first, int64_t end) {
  std::vector<int32_t> keys(sequence.tokens.begin() + first, sequence.tokens.begin() + end);
  const int64_t prefix = std::clamp<int64_t>(sequence.prefix - first, 0, end - first);
  std::fill_n(keys.begin(), prefix, sequence.prefix_key);
  return keys;
}

// Of the prompt, those that an admitted sequence found in the cache. An encoder's part is there as
// a whole or not at all.
int64_t CachedTokens(const Sequence& sequence) {
  if (sequence.encoder_tokens == 0) return sequence.hold.tokens;
  return sequence.hold.tokens >= sequence.prefix ? sequence.encoder_tokens : 0;
}

// The longest prefix that the cache has for both where it has it for one.
int64_t CommonTokens(const Sequence& a, const Sequence& b) {
  if (a.prefix_key != b.prefix_key) return 0;
  const auto ends =
      std::mismatch(a.tokens.begin(), a.tokens.end(), b.tokens.begin(), b.tokens.end());
  return ends.first - a.tokens.begin();
}

// Tokens that need not be computed for the sequence itself where the cache has them.
int64_t MostShared(const Sequence& sequence) {
  return std::min(sequence.first_output, static_cast<int64_t>(sequence.tokens.size()) - 1);
}

}  // namespace

bool Scheduler::ByTokens::operator()(const Sequence* a, const Sequence* b) const {
  if (by_tokens && a->tokens != b->tokens) return a->tokens < b->tokens;
  return std::tie(a->request_id, a->choice) < std::tie(b->request_id, b->choice);
}

int64_t Scheduler::WantedTokens(Sequence* sequence) const {
  // In the order of tokens the longest common prefixes are those of the neighbours.
  int64_t wanted = 0;
  const auto next = waiting_.lower_bound(sequence);
  if (next != waiting_.end()) wanted = CommonTokens(*sequence, **next);
  if (next != waiting_.begin()) {
    wanted = std::max(wanted, CommonTokens(*sequence, **std::prev(next)));
  }
  return wanted;
}

void Scheduler::Add(Sequence* sequence) {
  if (sequence->prefix > 0) sequence->prefix_key = prefix_keys_.Acquire(sequence->prefix_tokens());
  waiting_.insert(sequence);
}

void Scheduler::Remove(Sequence* sequence) {
  waiting_.erase(sequence);
  std::erase(running_, sequence);
  cache_->Release(&sequence->hold, WantedTokens(sequence));
  if (sequence->prefix > 0) prefix_keys_.Release(sequence->prefix_tokens());
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
    std::vector<int32_t> draft = LookUpDraft(sequence->tokens, most);
    draft.erase(std::find(draft.begin(), draft.end(), -1), draft.end());
    sequence->tokens.insert(sequence->tokens.end(), draft.begin(), draft.end());
    sequence->drafts = static_cast<int64_t>(draft.size());
  }
}

std::vector<int64_t> Scheduler::Partings(Sequence* sequence, int64_t first, int64_t end) const {
  std::vector<int64_t> partings;
  if (!recurrent_ || !options_.share_prefixes || !options_.order_by_prefix) return partings;
  // Those that have the most in common with this one come next in the order of tokens; behind all
  // that have as much, those that have less.
  auto other = waiting_.lower_bound(sequence);
  for (int i = 0; i < kMostPartings && other != waiting_.end(); ++i) {
    const int64_t common = CommonTokens(*sequence, **other);
    if (common <= first) break;
    const int64_t shared = std::min(common, MostShared(**other));
    if (shared > first && shared <= end && shared < sequence->most_tokens) {
      partings.push_back(shared);
    }
    Sequence next;
    next.tokens.assign(sequence->tokens.begin(), sequence->tokens.begin() + common);
    next.tokens.push_back(std::numeric_limits<int32_t>::max());
    other = waiting_.lower_bound(&next);
  }
  std::sort(partings.begin(), partings.end());
  partings.erase(std::unique(partings.begin(), partings.end()), partings.end());
  return partings;
}

void Scheduler::Take(Sequence* sequence, int64_t tokens, Schedule* schedule) {
  Batch& batch = schedule->batch;
  int64_t first = sequence->hold.tokens;
  BatchSlice slice;
  int64_t held = first;
  for (const int64_t parting : Partings(sequence, first, first + tokens)) {
    cache_->Extend(&sequence->hold, CacheKeys(*sequence, held, parting));
    held = parting;
    const std::optional<int32_t> block = cache_->Snapshot(sequence->hold);
    if (block.has_value()) slice.snapshots.push_back({parting - first, *block});
  }
  cache_->Extend(&sequence->hold, CacheKeys(*sequence, held, first + tokens));
  slice.blocks = KvCache::Blocks(sequence->hold);
  slice.prefix = sequence->prefix;
  int64_t first_of_decoder = 0;
  if (sequence->encoder_tokens > 0) {
    // The prefix is the encoder's; the decoder has positions and blocks of its own.
    first_of_decoder = sequence->prefix;
    const auto end = slice.blocks.begin() + KvCache::BlocksFor(sequence->prefix);
    slice.prompt_blocks.assign(slice.blocks.begin(), end);
    slice.prompt_tokens = sequence->encoder_tokens;
    slice.blocks.erase(slice.blocks.begin(), end);
    slice.prefix = 0;
    if (first < first_of_decoder) {
      const auto begin = sequence->tokens.begin();
      batch.prompts.push_back({{begin, begin + slice.prompt_tokens}, slice.prompt_blocks});
      tokens -= first_of_decoder - first;
      first = first_of_decoder;
    }
    if (tokens == 0) return;
  }
  slice.first_row = batch.rows();
  slice.rows = tokens;
  slice.first_position = static_cast<int32_t>(first - first_of_decoder);
  const absl::Span<const int32_t> part =
      absl::MakeConstSpan(sequence->tokens)
          .subspan(static_cast<size_t>(first), static_cast<size_t>(tokens));
  for (int64_t i = 0; i < tokens; ++i) {
    const int64_t position = first + i;
    if (position >= sequence->first_output) {
      batch.output_rows.push_back(slice.first_row + i);
      schedule->outputs.push_back({sequence, position});
    }
    batch.token_ids.push_back(part[static_cast<size_t>(i)]);
    batch.positions.push_back(static_cast<int32_t>(position - first_of_decoder));
  }
  batch.slices.push_back(std::move(slice));
}

Schedule Scheduler::Next() {
  Schedule schedule;
  Batch& batch = schedule.batch;
  batch.options = options_.passes;
  int64_t budget = options_.token_budget;
  // A state cannot be taken back to where a guess was wrong.
  if (options_.speculate && !recurrent_) Draft();
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
    // A prefix cannot be cut: it goes into a pass of its own where it is longer than a pass.
    if (sequence->prefix > budget && batch.tokens() > 0) break;
    const int64_t most_shared = options_.share_prefixes ? MostShared(*sequence) : 0;
    if (!cache_->Admit(CacheKeys(*sequence, 0, most_shared), most_shared, sequence->most_tokens,
                       &sequence->hold, &batch.copies)) {
      break;
    }
    if (!sequence->admitted) sequence->cached_tokens = CachedTokens(*sequence);
    sequence->admitted = true;
    waiting_.erase(waiting_.begin());
    running_.push_back(sequence);
    const int64_t tokens =
        std::max(std::min(budget, sequence->remaining()), sequence->prefix - sequence->hold.tokens);
    Take(sequence, tokens, &schedule);
    budget -= tokens;
  }
  batch.fresh_blocks = cache_->TakeFresh();
  return schedule;
}

}  // namespace assay
