#include "coordinator/lease/commit_batcher.h"

#include <utility>

#include "absl/types/span.h"

namespace assay {
namespace {

// One computes and copies while the other waits for the disk.
constexpr int kThreads = 2;
// Enough that what a transaction costs by itself no longer counts, and over in some 50 ms.
constexpr size_t kMostPredictions = 4096;
constexpr size_t kMostBytes = 8 << 20;

size_t BytesOf(const CommitBatcher::Commit& commit) {
  size_t bytes = 0;
  for (const GradedItem& item : commit.items) {
    const Prediction& p = item.prediction;
    bytes += sizeof(GradedItem) + p.prompt.size() + p.output.size() +
             p.output_token_ids.size() * sizeof(int32_t) + item.score.extracted.size();
  }
  return bytes;
}

}  // namespace

CommitBatcher::CommitBatcher(ShardStore* shards) : shards_(shards) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
}

CommitBatcher::~CommitBatcher() { Stop(); }

void CommitBatcher::Add(Commit commit) {
  {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) {
      held_bytes_ += BytesOf(commit);
      waiting_.push_back(std::move(commit));
      return;
    }
  }
  commit.done(commit, absl::UnavailableError("the coordinator is stopping"));
}

size_t CommitBatcher::held_bytes() const {
  absl::MutexLock lock(&mutex_);
  return held_bytes_;
}

void CommitBatcher::Stop() {
  std::deque<Commit> refused;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    refused.swap(waiting_);
  }
  for (const Commit& commit : refused) {
    commit.done(commit, absl::UnavailableError("the coordinator is stopping"));
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void CommitBatcher::Run() {
  while (true) {
    std::vector<Commit> batch;
    size_t bytes = 0;
    {
      absl::MutexLock lock(&mutex_);
      const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return stopping_ || !waiting_.empty();
      };
      mutex_.Await(absl::Condition(&ready));
      if (stopping_) return;
      batch = Take();
    }
    for (const Commit& commit : batch) bytes += BytesOf(commit);
    CommitTogether(absl::MakeSpan(batch));
    batch.clear();
    absl::MutexLock lock(&mutex_);
    held_bytes_ -= bytes;
  }
}

std::vector<CommitBatcher::Commit> CommitBatcher::Take() {
  std::vector<Commit> batch;
  size_t predictions = 0, bytes = 0;
  while (!waiting_.empty()) {
    predictions += waiting_.front().items.size();
    bytes += BytesOf(waiting_.front());
    if (!batch.empty() && (predictions > kMostPredictions || bytes > kMostBytes)) break;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return batch;
}

void CommitBatcher::CommitTogether(absl::Span<Commit> batch) {
  std::vector<ShardCommit> commits;
  for (const Commit& commit : batch) {
    commits.push_back({commit.key, commit.items, commit.clustered});
  }
  const absl::StatusOr<std::vector<CommitOutcome>> outcomes = shards_->CommitAll(commits);
  if (outcomes.ok()) {
    for (size_t i = 0; i < batch.size(); ++i) batch[i].done(batch[i], (*outcomes)[i]);
    return;
  }
  // A database that is away is so for all of them; otherwise one of them may be what it is about.
  if (batch.size() == 1 || absl::IsUnavailable(outcomes.status())) {
    for (const Commit& commit : batch) commit.done(commit, outcomes.status());
    return;
  }
  for (Commit& commit : batch) CommitTogether({&commit, 1});
}

}  // namespace assay
