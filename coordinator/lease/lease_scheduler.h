// A Scheduler for the threads of a coordinator: with the queue as the database has it, read once a
// second or so, and what this coordinator knows of its workers' speeds.
#ifndef ASSAY_COORDINATOR_LEASE_LEASE_SCHEDULER_H_
#define ASSAY_COORDINATOR_LEASE_LEASE_SCHEDULER_H_

#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "coordinator/lease/work_signal.h"
#include "coordinator/schedule/scheduler.h"
#include "coordinator/store/shard_store.h"

namespace assay {

struct LeaseSchedulerOptions {
  // The queue is read again when it was read so long ago and somebody asks.
  absl::Duration period = absl::Seconds(1);
  // The same when there seems to be nothing for somebody.
  absl::Duration idle_period = absl::Milliseconds(200);
};

// Thread-safe. Several coordinators decide for themselves, from the same database; what two of them
// choose at once one of them gets (ShardStore::Lease).
class LeaseScheduler {
 public:
  // `signal` moves when there may be new work: the queue is then read again at once.
  LeaseScheduler(ShardStore* shards, WorkSignal* signal, Clock* clock,
                 LeaseSchedulerOptions options);

  // Unavailable when the database is not reachable.
  absl::StatusOr<Decision> Decide(const LeaseAsk& ask);
  // As Decide, of one ask after the other: each decision counts with those before it.
  absl::StatusOr<std::vector<Decision>> DecideAll(absl::Span<const LeaseAsk> asks);
  // What became of a decision.
  void Leased(const LeaseAsk& ask, const Decision& decision, const LeaseResult& result);

  void Committed(int64_t lease_id);
  // Without a result.
  void Ended(int64_t lease_id);

 private:
  Decision DecideLocked(const LeaseAsk& ask) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayRead(absl::Duration period, absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Reads the queue without holding the lock; those who decide meanwhile do so by what is known.
  absl::Status Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  ShardStore* const shards_;
  WorkSignal* const signal_;
  Clock* const clock_;
  const LeaseSchedulerOptions options_;

  absl::Mutex mutex_;
  Scheduler scheduler_ ABSL_GUARDED_BY(mutex_);
  SpeedMeter meter_ ABSL_GUARDED_BY(mutex_);
  absl::Time read_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  uint64_t signals_ ABSL_GUARDED_BY(mutex_) = 0;  // at that time
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_LEASE_SCHEDULER_H_
