#include "worker/engine/engine.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/engine/kv_cache.h"
#include "worker/engine/sampler.h"
#include "worker/engine/scheduler.h"
#include "worker/engine/sequence.h"
#include "worker/engine/speculation.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/kv_pool.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/causal_lm.h"

namespace assay {
namespace {

// Rows whose logits are in memory at one time.
constexpr int64_t kLogitRows = 128;
// Passes after which one that memory did not suffice for is made larger again.
constexpr int64_t kStepsToRecover = 64;

struct PendingRequest {
  Request request;
  std::vector<int32_t> prompt;  // as the sequences begin (Sequence::encoder_tokens)
  int64_t prefix = 0;           // of `prompt`: CausalLm::BidirectionalPrefix, or an encoder's part
  int64_t encoder_tokens = 0;
  std::vector<std::unique_ptr<Sequence>> sequences;  // those that are not finished
  Completion completion;
};

// What is read from a row of logits: the token that follows, or, where choices are scored, the
// logarithm of the softmax's denominator.
struct RowReading {
  int32_t token = 0;
  double log_sum = 0;
};

// Whether the same rows can be computed in smaller passes.
bool CanBeSplit(const Batch& batch) {
  if (batch.slices.size() > 1 || batch.prompts.size() > 1) return true;
  if (batch.slices.empty()) return false;
  const BatchSlice& slice = batch.slices.front();
  return slice.rows > std::max<int64_t>(1, slice.prefix - slice.first_position);
}

int64_t Length(const std::vector<int32_t>& tokens) { return static_cast<int64_t>(tokens.size()); }

}  // namespace

class Engine::Impl {
 public:
  Impl(CausalLm* model, std::unique_ptr<KvPool> pool, const EngineOptions& options)
      : model_(model),
        pool_(std::move(pool)),
        cache_(pool_->blocks(), pool_->layout().recurrent()),
        scheduler_(&cache_, options, pool_->layout().recurrent()),
        most_tokens_(options.token_budget) {}

  absl::Status Submit(Request request);
  void Cancel(uint64_t id);
  bool HasWork() const { return scheduler_.HasWork(); }
  absl::Status Step(std::vector<Completion>* finished);
  const EngineStatistics& statistics() const { return statistics_; }

 private:
  absl::Status Check(const Request& request) const;
  void AddSequence(PendingRequest& pending, int choice, std::vector<int32_t> tokens,
                   int64_t first_output, int64_t most_tokens);
  absl::Status Run(const Schedule& schedule, std::vector<Completion>* finished);
  // What the rows' owners want to know of their logits, on all threads; but for the sequence
  // `done`.
  void Read(absl::Span<const ScheduledOutput> outputs, const Sequence* done, const float* logits);
  // False when the sequence has no use for further outputs of this pass.
  bool Accept(const ScheduledOutput& output, absl::Span<const float> logits,
              const RowReading& reading, std::vector<Completion>* finished);
  bool AcceptToken(PendingRequest& pending, const ScheduledOutput& output, int32_t token,
                   std::vector<Completion>* finished);
  // The sequence has nothing more to compute; the request is finished with its last one.
  void Finish(PendingRequest& pending, Sequence* sequence, std::vector<Completion>* finished);

  CausalLm* const model_;
  std::unique_ptr<KvPool> pool_;
  KvCache cache_;
  Scheduler scheduler_;
  const int64_t most_tokens_;         // of a pass
  std::vector<RowReading> readings_;  // of the rows whose logits are in memory
  std::unordered_map<uint64_t, PendingRequest> pending_;
  EngineStatistics statistics_;
};

absl::Status Engine::Impl::Check(const Request& request) const {
  if (request.prompt.empty()) return absl::InvalidArgumentError("the prompt is empty");
  if (pending_.contains(request.id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a request of the id ", request.id, " is still unfinished"));
  }
  if (request.choices.empty() == (request.max_new_tokens <= 0)) {
    return absl::InvalidArgumentError("a request either generates tokens or scores choices");
  }
  const auto in_vocabulary = [this](const std::vector<int32_t>& tokens) {
    return std::all_of(tokens.begin(), tokens.end(), [this](int32_t token) {
      return token >= 0 && token < model_->vocabulary_size();
    });
  };
  if (!in_vocabulary(request.prompt)) {
    return absl::InvalidArgumentError("the prompt holds a token beyond the vocabulary");
  }
  int64_t longest = request.max_new_tokens;
  for (const std::vector<int32_t>& choice : request.choices) {
    if (choice.empty()) return absl::InvalidArgumentError("a choice is empty");
    if (!in_vocabulary(choice)) {
      return absl::InvalidArgumentError("a choice holds a token beyond the vocabulary");
    }
    longest = std::max(longest, Length(choice) - 1);  // the last token is not computed
  }
  const int64_t tokens = Length(request.prompt) + longest;
  if (tokens > model_->context_length()) {
    return absl::InvalidArgumentError(absl::StrCat("the request takes ", tokens,
                                                   " tokens, the model's context has ",
                                                   model_->context_length()));
  }
  // One block more, for the source of a copy; an encoder's part fills blocks of its own.
  const int64_t blocks =
      model_->decoder_start_token().has_value()
          ? KvCache::BlocksFor(Length(request.prompt)) + KvCache::BlocksFor(1 + longest)
          : KvCache::BlocksFor(tokens);
  if (blocks + 1 > pool_->blocks()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the request takes ", tokens, " tokens, more than the key-value cache of ",
                     pool_->blocks(), " blocks holds (--kv-cache-mb)"));
  }
  return absl::OkStatus();
}

void Engine::Impl::AddSequence(PendingRequest& pending, int choice, std::vector<int32_t> tokens,
                               int64_t first_output, int64_t most_tokens) {
  auto sequence = std::make_unique<Sequence>();
  sequence->request_id = pending.request.id;
  sequence->choice = choice;
  sequence->tokens = std::move(tokens);
  sequence->first_output = first_output;
  sequence->most_tokens = most_tokens;
  sequence->generates = pending.request.choices.empty();
  sequence->sampling = pending.request.sampling;
  sequence->prompt_tokens = Length(pending.prompt);
  sequence->prefix = pending.prefix;
  sequence->encoder_tokens = pending.encoder_tokens;
  scheduler_.Add(sequence.get());
  pending.sequences.push_back(std::move(sequence));
}

absl::Status Engine::Impl::Submit(Request request) {
  ASSAY_RETURN_IF_ERROR(Check(request));
  ASSAY_ASSIGN_OR_RETURN(const int64_t prefix, model_->BidirectionalPrefix(request.prompt));
  PendingRequest& pending = pending_[request.id];
  pending.request = std::move(request);
  pending.prefix = prefix;
  pending.completion.id = pending.request.id;
  pending.prompt = std::move(pending.request.prompt);
  std::vector<int32_t>& prompt = pending.prompt;
  statistics_.prompt_tokens += Length(prompt);
  if (const std::optional<int32_t> start = model_->decoder_start_token(); start.has_value()) {
    pending.encoder_tokens = Length(prompt);
    pending.prefix = cpu::RoundUp(Length(prompt), cpu::kBlockTokens);
    prompt.resize(static_cast<size_t>(pending.prefix), -1);
    prompt.push_back(*start);
  }
  const int64_t length = Length(prompt);
  if (pending.request.choices.empty()) {
    // The last token that is generated is not computed.
    AddSequence(pending, -1, prompt, length - 1, length + pending.request.max_new_tokens - 1);
    return absl::OkStatus();
  }
  AddSequence(pending, -1, prompt, length - 1, length);
  const auto& choices = pending.request.choices;
  pending.completion.choice_loglikelihoods.assign(choices.size(), 0.0);
  for (size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].size() == 1) continue;
    std::vector<int32_t> tokens = prompt;
    tokens.insert(tokens.end(), choices[i].begin(), choices[i].end() - 1);
    const int64_t most = Length(tokens);
    AddSequence(pending, static_cast<int>(i), std::move(tokens), length, most);
  }
  return absl::OkStatus();
}

void Engine::Impl::Cancel(uint64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  for (const auto& sequence : found->second.sequences) scheduler_.Remove(sequence.get());
  pending_.erase(found);
}

void Engine::Impl::Finish(PendingRequest& pending, Sequence* sequence,
                          std::vector<Completion>* finished) {
  if (sequence->choice < 0) {
    pending.completion.cached_tokens = sequence->cached_tokens;
    statistics_.cached_tokens += sequence->cached_tokens;
  }
  scheduler_.Remove(sequence);
  std::erase_if(pending.sequences, [sequence](const auto& s) { return s.get() == sequence; });
  if (!pending.sequences.empty()) return;
  finished->push_back(std::move(pending.completion));
  pending_.erase(finished->back().id);
}

void Engine::Impl::Read(absl::Span<const ScheduledOutput> outputs, const Sequence* done,
                        const float* logits) {
  const int64_t width = model_->vocabulary_size();
  readings_.resize(outputs.size());
  ThreadPool::Shared().ParallelFor(static_cast<int64_t>(outputs.size()), [&](int64_t row) {
    const absl::Span<const float> values(logits + row * width, static_cast<size_t>(width));
    RowReading& reading = readings_[static_cast<size_t>(row)];
    const auto [sequence, position] = outputs[static_cast<size_t>(row)];
    if (sequence == done) return;
    if (sequence->generates) {
      reading.token =
          SampleToken(values, sequence->sampling, position + 1 - sequence->prompt_tokens);
    } else {
      reading.log_sum = LogSumOfExponentials(values);
    }
  });
}

bool Engine::Impl::Accept(const ScheduledOutput& output, absl::Span<const float> logits,
                          const RowReading& reading, std::vector<Completion>* finished) {
  Sequence* sequence = output.sequence;
  PendingRequest& pending = pending_.at(sequence->request_id);
  if (sequence->generates) return AcceptToken(pending, output, reading.token, finished);
  const Request& request = pending.request;
  // This position predicts the choice's token of this index.
  const size_t index = static_cast<size_t>(output.position + 1 - sequence->prompt_tokens);
  for (size_t i = 0; i < request.choices.size(); ++i) {
    if (sequence->choice >= 0 && static_cast<size_t>(sequence->choice) != i) continue;
    const size_t token = static_cast<size_t>(request.choices[i][index]);
    pending.completion.choice_loglikelihoods[i] +=
        static_cast<double>(logits[token]) - reading.log_sum;
  }
  ++sequence->first_output;
  if (output.position + 1 < Length(sequence->tokens)) return true;
  Finish(pending, sequence, finished);
  return false;
}

bool Engine::Impl::AcceptToken(PendingRequest& pending, const ScheduledOutput& output,
                               int32_t token, std::vector<Completion>* finished) {
  Sequence* sequence = output.sequence;
  const Request& request = pending.request;
  Completion& completion = pending.completion;
  if (std::find(request.stop_token_ids.begin(), request.stop_token_ids.end(), token) !=
      request.stop_token_ids.end()) {
    completion.finish_reason = FinishReason::kStop;
    Finish(pending, sequence, finished);
    return false;
  }
  completion.token_ids.push_back(token);
  ++statistics_.generated_tokens;
  if (request.is_over != nullptr && request.is_over(completion.token_ids)) {
    completion.finish_reason = FinishReason::kStop;
    Finish(pending, sequence, finished);
    return false;
  }
  if (Length(completion.token_ids) == request.max_new_tokens) {
    completion.finish_reason = FinishReason::kLength;
    Finish(pending, sequence, finished);
    return false;
  }
  ++sequence->first_output;
  const int64_t guessed = sequence->drafts;
  const int64_t next = output.position + 1;
  if (next < Length(sequence->tokens) && sequence->tokens[static_cast<size_t>(next)] == token) {
    ++statistics_.accepted_tokens;
    return true;
  }
  // All guesses were right, or this one was not, and what follows it is void.
  const int64_t wrong = Length(sequence->tokens) - next;
  if (guessed > 0) {
    sequence->draft_limit = NextDraftLimit(sequence->draft_limit, guessed, guessed - wrong);
    statistics_.drafted_tokens += guessed;
    sequence->drafts = 0;
  }
  if (wrong > 0) {
    sequence->tokens.resize(static_cast<size_t>(next));
    scheduler_.Truncate(sequence, next);
  }
  sequence->tokens.push_back(token);
  return false;
}

absl::Status Engine::Impl::Run(const Schedule& schedule, std::vector<Completion>* finished) {
  ASSAY_RETURN_IF_ERROR(model_->Forward(schedule.batch, pool_.get()));
  const int64_t outputs = static_cast<int64_t>(schedule.outputs.size());
  const Sequence* done = nullptr;
  for (int64_t first = 0; first < outputs; first += kLogitRows) {
    const int64_t rows = std::min(kLogitRows, outputs - first);
    ASSAY_ASSIGN_OR_RETURN(const float* data, model_->Logits(first, rows));
    const size_t width = static_cast<size_t>(model_->vocabulary_size());
    const absl::Span<const ScheduledOutput> part =
        absl::MakeConstSpan(schedule.outputs)
            .subspan(static_cast<size_t>(first), static_cast<size_t>(rows));
    Read(part, done, data);
    for (size_t i = 0; i < part.size(); ++i) {
      if (part[i].sequence == done) continue;
      if (!Accept(part[i], absl::MakeConstSpan(data + i * width, width), readings_[i], finished)) {
        done = part[i].sequence;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Engine::Impl::Step(std::vector<Completion>* finished) {
  const Schedule schedule = scheduler_.Next();
  if (schedule.batch.tokens() == 0) return absl::OkStatus();
  const absl::Status status = Run(schedule, finished);
  cache_.EndStep();
  if (!status.ok()) {
    // What the failed pass should have written is not there; outputs that were accepted before
    // stay.
    scheduler_.Restart();
    cache_.Clear();
    if (!absl::IsResourceExhausted(status) || !CanBeSplit(schedule.batch)) return status;
    ++statistics_.split_steps;
    scheduler_.set_token_budget(
        std::max<int64_t>(1, std::min(scheduler_.token_budget(), schedule.batch.tokens()) / 2));
    return absl::OkStatus();
  }
  ++statistics_.steps;
  if (statistics_.steps % kStepsToRecover == 0) {
    scheduler_.set_token_budget(std::min(most_tokens_, 2 * scheduler_.token_budget()));
  }
  statistics_.computed_tokens += schedule.batch.tokens();
  statistics_.kv_blocks = pool_->blocks();
  statistics_.kv_blocks_held = pool_->blocks() - cache_.free_blocks();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Engine>> Engine::Create(CausalLm* model,
                                                       const EngineOptions& options) {
  if (options.token_budget < 1) {
    return absl::InvalidArgumentError("the token budget must be at least 1");
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<KvPool> pool,
                         KvPool::Create(model->kv_layout(), options.kv_cache_bytes));
  return std::unique_ptr<Engine>(
      new Engine(std::make_unique<Impl>(model, std::move(pool), options)));
}

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;
absl::Status Engine::Submit(Request request) { return impl_->Submit(std::move(request)); }
void Engine::Cancel(uint64_t id) { impl_->Cancel(id); }
bool Engine::HasWork() const { return impl_->HasWork(); }
absl::Status Engine::Step(std::vector<Completion>* finished) { return impl_->Step(finished); }
const EngineStatistics& Engine::statistics() const { return impl_->statistics(); }

}  // namespace assay
