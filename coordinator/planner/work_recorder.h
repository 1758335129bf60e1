// Collects what workers report of their work, for estimates. It costs a commit nothing: it is
// stored every few seconds, and what was not stored when the program dies is lost.
#ifndef ASSAY_COORDINATOR_PLANNER_WORK_RECORDER_H_
#define ASSAY_COORDINATOR_PLANNER_WORK_RECORDER_H_

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/domain/worker.h"
#include "coordinator/store/work_store.h"

namespace assay {

// Thread-safe.
class WorkRecorder {
 public:
  explicit WorkRecorder(WorkStore* store, absl::Duration period = absl::Seconds(2));
  ~WorkRecorder();

  // What a worker did up to its report on the shard. Values that make no sense are left out.
  void Add(int64_t shard_id, const std::string& worker_kind, const WorkDone& work);
  // Stores what there is; it is kept where the database is not reachable.
  void Flush();
  // Flushes once more. Safe twice.
  void Stop();

 private:
  void Run();

  WorkStore* const store_;
  const absl::Duration period_;
  absl::Notification stopping_;
  absl::Mutex mutex_;
  std::map<std::pair<int64_t, std::string>, ShardWork> work_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_WORK_RECORDER_H_
