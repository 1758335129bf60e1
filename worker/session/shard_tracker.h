// Follows each shard from its coming to its report: its span, and how long it took.
#ifndef ASSAY_WORKER_SESSION_SHARD_TRACKER_H_
#define ASSAY_WORKER_SESSION_SHARD_TRACKER_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/domain/worker.h"
#include "common/logging/log_context.h"
#include "common/tracing/trace_context.h"
#include "worker/session/shard_runner.h"
#include "worker/session/work_observer.h"

namespace assay {

// What lines of the log that are about a lease are to say.
LogFields LogFieldsOf(const Lease& lease);

// A part of the work on a lease's shard, of the lease's trace; nothing where it is in none.
void RecordWorkSpan(const Lease& lease, const char* name, absl::Time begin, absl::Time end,
                    const std::string& error = "");

// Thread-safe.
class ShardTracker {
 public:
  // `observer` may be null.
  ShardTracker(Clock* clock, WorkObserver* observer) : clock_(clock), observer_(observer) {}

  // From here on the lease's place in its trace is that of the worker's own span.
  void Accepted(Lease* lease);
  void Cancelled(const LeaseKey& lease);
  // The report is told the span, for whoever stores it.
  void Reported(ShardReport* report);

 private:
  struct Shard {
    absl::Time accepted;
    TraceContext context;
    std::string parent_span_id;
    int64_t shard_id = 0;
    int64_t run_id = 0;
    int64_t job_id = 0;
  };

  Clock* const clock_;
  WorkObserver* const observer_;
  absl::Mutex mutex_;
  std::map<int64_t, Shard> shards_ ABSL_GUARDED_BY(mutex_);  // by lease id; not reported
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_SHARD_TRACKER_H_
