// The stream of a worker.
#ifndef ASSAY_COORDINATOR_SERVICE_WORKER_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_WORKER_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assay/v1/worker_service.grpc.pb.h"
#include "coordinator/lease/lease_manager.h"
#include "coordinator/store/worker_store.h"

namespace assay {

// Thread-safe; the streams do not wait for each other. A stream ends when the worker ends it, or
// when the server cancels it at its shutdown. Both parts outlive the service.
class WorkerServiceImpl final : public v1::WorkerService::Service {
 public:
  WorkerServiceImpl(LeaseManager* leases, WorkerStore* workers)
      : leases_(leases), workers_(workers) {}

  // Grants nothing more and asks every worker to go to another coordinator; new streams are refused
  // with Unavailable. Waits until all streams have ended, no longer than `grace`; false when some
  // have not. Safe to call twice.
  bool HandOver(absl::Duration grace);

  grpc::Status Connect(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>* stream) override;

 private:
  LeaseManager* const leases_;
  WorkerStore* const workers_;
  std::atomic<bool> closing_ = false;
  absl::Mutex mutex_;
  int streams_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_WORKER_SERVICE_H_
