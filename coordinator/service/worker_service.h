// The streams of the workers.
#ifndef ASSAY_COORDINATOR_SERVICE_WORKER_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_WORKER_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <list>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assay/v1/worker_service.grpc.pb.h"
#include "coordinator/lease/lease_manager.h"
#include "coordinator/service/lease_granter.h"
#include "coordinator/service/task_pool.h"
#include "coordinator/service/worker_presence.h"
#include "coordinator/service/worker_session.h"
#include "coordinator/store/worker_store.h"

namespace assay {

// Thread-safe; the streams do not wait for each other, and take no thread of their own. A stream
// ends when the worker ends it, or when the server cancels it at its shutdown. Both parts outlive
// the service.
class WorkerServiceImpl final : public v1::WorkerService::CallbackService {
 public:
  WorkerServiceImpl(LeaseManager* leases, WorkerStore* workers, WorkRecorder* recorder = nullptr);
  // When the server has ended all streams.
  ~WorkerServiceImpl() override;

  // Grants nothing more and asks every worker to go to another coordinator; new streams are refused
  // with Unavailable. Waits until all streams have ended, no longer than `grace`; false when some
  // have not. Safe to call twice.
  bool HandOver(absl::Duration grace);

  grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>* Connect(
      grpc::CallbackServerContext* context) override;

 private:
  using Sessions = std::list<std::weak_ptr<WorkerSession>>;
  void Forget(Sessions::iterator session);

  std::atomic<bool> closing_ = false;
  absl::Mutex mutex_;
  Sessions sessions_ ABSL_GUARDED_BY(mutex_);  // whose streams have not ended
  WorkerPresence presence_;
  LeaseGranter granter_;
  TaskPool tasks_;
  const SessionParts parts_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_WORKER_SERVICE_H_
