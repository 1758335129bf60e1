// Commits that come at the same time share a transaction: one COPY, one update of their run's row
// and one flush to the disk for all of them.
#ifndef ASSAY_COORDINATOR_LEASE_COMMIT_BATCHER_H_
#define ASSAY_COORDINATOR_LEASE_COMMIT_BATCHER_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/domain/worker.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// Thread-safe.
class CommitBatcher {
 public:
  struct Commit {
    LeaseKey key;
    std::vector<GradedItem> items;
    bool clustered = true;  // as of a ShardCommit
    // Called once, by a thread of the batcher, with this commit; must be quick.
    std::function<void(const Commit&, const absl::StatusOr<CommitOutcome>&)> done;
  };

  // `shards` must outlive the batcher.
  explicit CommitBatcher(ShardStore* shards);
  ~CommitBatcher();

  // Waits for nothing. What does not fit in one transaction with others is tried alone, so that
  // none fails for another's sake.
  void Add(Commit commit);
  // How much the commits that are not done hold, about.
  size_t held_bytes() const;
  // What is not begun is answered with Unavailable. Safe to call twice.
  void Stop();

 private:
  void Run();
  std::vector<Commit> Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CommitTogether(absl::Span<Commit> batch);

  ShardStore* const shards_;
  mutable absl::Mutex mutex_;
  std::deque<Commit> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_COMMIT_BATCHER_H_
