// Watching a job to its end, through coordinators that come and go.
#ifndef ASSAY_CLIENT_COMMANDS_FOLLOW_JOB_H_
#define ASSAY_CLIENT_COMMANDS_FOLLOW_JOB_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "client/commands/context.h"

namespace assay {

// A wish to stop that threads and waits see. Thread-safe.
class StopFlag {
 public:
  void Set() {
    absl::MutexLock lock(&mutex_);
    set_ = true;
  }
  bool IsSet() {
    absl::MutexLock lock(&mutex_);
    return set_;
  }
  // Returns at once when it is set, or is set meanwhile.
  void WaitFor(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(&set_), duration);
  }

 private:
  absl::Mutex mutex_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

// Shows the job's progress until it has ended, or `stop` is set. When the coordinator goes away it
// says so and connects again until it is back; only the very first connection's failure, and
// answers that will not change, are errors. Returns the last progress that was seen, which has not
// ended when `stop` was set.
absl::StatusOr<v1::JobProgress> FollowJob(const CommandContext& context, Service& service,
                                          int64_t job_id, StopFlag& stop);

// FollowJob for a command: Ctrl-C detaches and tells how to come back. When the job has ended, its
// results are written in `format`; judges that were ordered with it are then followed in the same
// way. Returns the exit code.
int WatchToTheEnd(const CommandContext& context, Service& service, int64_t job_id, StopFlag& stop,
                  OutputFormat format);

// What a command does with a job that it has submitted: prints its number with `detach`, else
// WatchToTheEnd. Returns the exit code.
int FollowSubmitted(const CommandContext& context, Service& service, int64_t job_id, bool detach,
                    StopFlag& stop, OutputFormat format);

bool HasEnded(v1::State state);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_FOLLOW_JOB_H_
