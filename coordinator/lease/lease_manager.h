// The life of a lease: granted, renewed, and ended by a commit, a failure or the end of its time.
#ifndef ASSAY_COORDINATOR_LEASE_LEASE_MANAGER_H_
#define ASSAY_COORDINATOR_LEASE_LEASE_MANAGER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/domain/worker.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/lease/commit_batcher.h"
#include "coordinator/lease/granted_leases.h"
#include "coordinator/lease/lease_observer.h"
#include "coordinator/lease/lease_scheduler.h"
#include "coordinator/lease/shot_cache.h"
#include "coordinator/lease/work_signal.h"
#include "coordinator/reuse/reuse_finder.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/shard_store.h"

namespace assay {

// What a worker asks for: up to so many leases of models in a place.
struct LeaseOrder {
  const WorkerInfo* worker = nullptr;
  int count = 0;
  LoadedModel loaded = {};
  ModelPlace place = ModelPlace::kLocal;
};

// A lease whose items are the data set's own, and not copied into it.
struct GrantedLease {
  Lease lease;  // without items
  std::shared_ptr<const Dataset> dataset;
  std::vector<const Item*> items;
};

// Thread-safe. Unavailable everywhere when the database is not reachable: nothing was stored, or it
// is not known whether; calling again with the same key is safe.
class LeaseManager {
 public:
  LeaseManager(ShardStore* shards, BenchmarkCatalog* catalog, DatasetCache* cache,
               AnswerStore* answers, absl::Duration lease_time, Clock* clock = Clock::Real(),
               LeaseObserver* observer = nullptr, const LeaseSchedulerOptions& scheduling = {},
               ReuseFinder* reuse = nullptr)
      : shards_(shards),
        catalog_(catalog),
        cache_(cache),
        answers_(answers),
        lease_time_(lease_time),
        clock_(clock),
        observer_(observer),
        reuse_(reuse),
        scheduler_(shards, &pending_, clock, scheduling),
        batcher_(shards) {}

  absl::Duration lease_time() const { return lease_time_; }
  // Moves whenever shards may have become pending.
  WorkSignal& pending() { return pending_; }

  // Up to `count` leases, of what the Scheduler chooses (coordinator/schedule); none when nothing
  // is pending that the worker may run (see ShardStore::Lease).
  absl::StatusOr<std::vector<Lease>> Grant(const WorkerInfo& worker, int count,
                                           const LoadedModel& loaded,
                                           ModelPlace place = ModelPlace::kLocal);
  // As Grant, of many workers in as few transactions as it takes; `answer` is called once with the
  // number of each order, as soon as its leases are there.
  using GrantAnswer = std::function<void(size_t, absl::StatusOr<std::vector<GrantedLease>>)>;
  void GrantTogether(absl::Span<const LeaseOrder> orders, const GrantAnswer& answer);
  // Returns the leases that are over.
  absl::StatusOr<std::vector<LeaseKey>> Renew(absl::Span<const LeaseKey> keys);
  // InvalidArgument when the predictions do not fit the shard, which then counts as failed.
  absl::StatusOr<CommitOutcome> Commit(const LeaseKey& key, std::vector<Prediction> predictions);
  // As Commit, but waits for no transaction: what is graded is committed together with what else is
  // there, and `done` is called once, by this thread or another one. It must be quick.
  using CommitDone = std::function<void(const absl::StatusOr<CommitOutcome>&)>;
  // `trace` is the worker's part in the lease's trace.
  void CommitAsync(const LeaseKey& key, std::vector<Prediction> predictions, CommitDone done,
                   const TraceContext& trace = {});
  // What the commits that are under way hold, in bytes, about.
  size_t held_bytes() const { return batcher_.held_bytes(); }
  // kAccepted or kStale.
  absl::StatusOr<CommitOutcome> Fail(const LeaseKey& key, FailureKind kind,
                                     absl::string_view message);
  absl::StatusOr<CommitOutcome> FailWholeRun(const LeaseKey& key, absl::string_view message);
  // Ends all leases that are past their deadline; returns how many that were.
  absl::StatusOr<int> Reap();

 private:
  static constexpr size_t kMostGrantedLeases = size_t{1} << 15;

  // lease_grants.cc
  absl::StatusOr<GrantedLease> Fill(const LeasedShard& shard);
  absl::StatusOr<std::vector<GrantedLease>> FillAll(const LeaseAsk& ask, absl::Time begin,
                                                    absl::Span<const LeasedShard> shards);
  // Checked and graded, and ready for the batcher but for `done`.
  absl::StatusOr<CommitBatcher::Commit> Grade(const LeaseKey& key, const GrantedShard& shard,
                                              std::vector<Prediction> predictions);
  // What is told, logged and traced of a lease that is granted, or a report that is answered.
  void TellGranted(const LeasedShard& shard, const WorkerInfo& worker, absl::Time begin,
                   Lease* lease);
  void TellCommitted(const LeaseKey& key, const GrantedShard& shard, CommitOutcome outcome,
                     absl::Span<const GradedItem> items, absl::Time begin,
                     const TraceContext& worker) const;
  void TellFailed(const LeaseKey& key, FailureKind kind, absl::string_view message) const;
  // The run's data set, with these items as they are asked.
  absl::StatusOr<std::shared_ptr<const Dataset>> DatasetOf(const RunSpec& run,
                                                           absl::Span<const int64_t> ordinals);
  ErrorItem MakeErrorItem();

  ShardStore* const shards_;
  BenchmarkCatalog* const catalog_;
  DatasetCache* const cache_;
  AnswerStore* const answers_;
  const absl::Duration lease_time_;
  Clock* const clock_;             // for how long things take
  LeaseObserver* const observer_;  // may be null
  ReuseFinder* const reuse_;       // likewise: everything is computed
  ShotCache shots_;
  WorkSignal pending_;
  LeaseScheduler scheduler_;
  GrantedLeases granted_{kMostGrantedLeases};
  CommitBatcher batcher_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_LEASE_MANAGER_H_
