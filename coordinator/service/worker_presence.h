// Tells the database which workers are connected here: once when they come, and then of all of them
// together, every few seconds.
#ifndef ASSAY_COORDINATOR_SERVICE_WORKER_PRESENCE_H_
#define ASSAY_COORDINATOR_SERVICE_WORKER_PRESENCE_H_

#include <map>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/domain/worker.h"
#include "coordinator/store/worker_store.h"

namespace assay {

// Thread-safe. What fails because the database is away is made up for when it is back.
class WorkerPresence {
 public:
  explicit WorkerPresence(WorkerStore* workers);
  ~WorkerPresence();

  // Returns the number by which the stream is known here.
  int64_t Arrive(const WorkerInfo& worker);
  void Leave(int64_t stream);
  // Safe to call twice.
  void Stop();

 private:
  struct Stream {
    WorkerInfo worker;
    std::string moment;  // when it was seen last, by the database's clock; empty: not yet
  };

  void Run();
  void TouchAll();
  void Note(const WorkerInfo& worker, int64_t stream);
  void SetAway(bool away);

  WorkerStore* const workers_;
  absl::Mutex mutex_;
  std::map<int64_t, Stream> streams_ ABSL_GUARDED_BY(mutex_);
  int64_t latest_ ABSL_GUARDED_BY(mutex_) = 0;
  bool away_ ABSL_GUARDED_BY(mutex_) = false;  // the database was, when it was needed last
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_WORKER_PRESENCE_H_
