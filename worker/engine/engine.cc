#include "worker/engine/engine.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/engine/kv_cache.h"
#include "worker/engine/sampler.h"
#include "worker/engine/scheduler.h"
#include "worker/engine/sequence.h"
#include "worker/layers/kv_pool.h"
#include "worker/model/causal_lm.h"

namespace assay {
namespace {

// Rows whose logits are in memory at one time.
constexpr int64_t kLogitRows = 128;

struct PendingRequest {
  Request request;
  std::vector<std::unique_ptr<Sequence>> sequences;  // those that are not finished
  Completion completion;
};

int64_t Length(const std::vector<int32_t>& tokens) { return static_cast<int64_t>(tokens.size()); }

}  // namespace

class Engine::Impl {
 public:
  Impl(CausalLm* model, std::unique_ptr<KvPool> pool, const EngineOptions& options)
      : model_(model),
        pool_(std::move(pool)),
        cache_(pool_->blocks()),
        scheduler_(&cache_, options.token_budget) {}

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
  void Accept(const ScheduledOutput& output, absl::Span<const float> logits,
              std::vector<Completion>* finished);
  // The sequence has nothing more to compute; the request is finished with its last one.
  void Finish(PendingRequest& pending, Sequence* sequence, std::vector<Completion>* finished);

  CausalLm* const model_;
  std::unique_ptr<KvPool> pool_;
  KvCache cache_;
  Scheduler scheduler_;
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
    longest = std::max(longest, Length(choice));
  }
  const int64_t tokens = Length(request.prompt) + longest;
  if (tokens > model_->context_length()) {
    return absl::InvalidArgumentError(absl::StrCat("the request takes ", tokens,
                                                   " tokens, the model's context has ",
                                                   model_->context_length()));
  }
  // One block more, for the source of a copy.
  if (KvCache::BlocksFor(tokens) + 1 > pool_->blocks()) {
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
  scheduler_.Add(sequence.get());
  pending.sequences.push_back(std::move(sequence));
}

absl::Status Engine::Impl::Submit(Request request) {
  ASSAY_RETURN_IF_ERROR(Check(request));
  PendingRequest& pending = pending_[request.id];
  pending.request = std::move(request);
  pending.completion.id = pending.request.id;
  const std::vector<int32_t>& prompt = pending.request.prompt;
  const int64_t length = Length(prompt);
  statistics_.prompt_tokens += length;
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

void Engine::Impl::Accept(const ScheduledOutput& output, absl::Span<const float> logits,
                          std::vector<Completion>* finished) {
  Sequence* sequence = output.sequence;
  PendingRequest& pending = pending_.at(sequence->request_id);
  const Request& request = pending.request;
  Completion& completion = pending.completion;
  if (!request.choices.empty()) {
    const LogProbabilities probabilities(logits);
    // This position predicts the choice's token of this index.
    const size_t index = static_cast<size_t>(output.position + 1 - Length(request.prompt));
    for (size_t i = 0; i < request.choices.size(); ++i) {
      if (sequence->choice >= 0 && static_cast<size_t>(sequence->choice) != i) continue;
      completion.choice_loglikelihoods[i] += probabilities.Of(request.choices[i][index]);
    }
    ++sequence->first_output;
    if (output.position + 1 == Length(sequence->tokens)) Finish(pending, sequence, finished);
    return;
  }
  const int32_t token = SampleGreedily(logits);
  if (std::find(request.stop_token_ids.begin(), request.stop_token_ids.end(), token) !=
      request.stop_token_ids.end()) {
    completion.finish_reason = FinishReason::kStop;
    Finish(pending, sequence, finished);
    return;
  }
  completion.token_ids.push_back(token);
  ++statistics_.generated_tokens;
  if (Length(completion.token_ids) == request.max_new_tokens) {
    completion.finish_reason = FinishReason::kLength;
    Finish(pending, sequence, finished);
    return;
  }
  sequence->tokens.push_back(token);
  ++sequence->first_output;
}

absl::Status Engine::Impl::Run(const Schedule& schedule, std::vector<Completion>* finished) {
  ASSAY_RETURN_IF_ERROR(model_->Forward(schedule.batch, pool_.get()));
  const int64_t outputs = static_cast<int64_t>(schedule.outputs.size());
  for (int64_t first = 0; first < outputs; first += kLogitRows) {
    const int64_t rows = std::min(kLogitRows, outputs - first);
    ASSAY_ASSIGN_OR_RETURN(const float* data, model_->Logits(first, rows));
    const size_t width = static_cast<size_t>(model_->vocabulary_size());
    for (int64_t i = 0; i < rows; ++i) {
      Accept(schedule.outputs[static_cast<size_t>(first + i)],
             absl::MakeConstSpan(data + static_cast<size_t>(i) * width, width), finished);
    }
  }
  return absl::OkStatus();
}

absl::Status Engine::Impl::Step(std::vector<Completion>* finished) {
  const Schedule schedule = scheduler_.Next();
  if (schedule.batch.token_ids.empty()) return absl::OkStatus();
  const absl::Status status = Run(schedule, finished);
  cache_.EndStep();
  if (!status.ok()) {
    // What the failed pass should have written is not there; outputs that were accepted before
    // stay.
    scheduler_.Restart();
    cache_.Clear();
    return status;
  }
  ++statistics_.steps;
  statistics_.computed_tokens += schedule.batch.rows();
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
