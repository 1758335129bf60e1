// One worker's stream after its hello: one thread reads and answers, another one hands out leases.
#ifndef ASSAY_COORDINATOR_SERVICE_WORKER_SESSION_H_
#define ASSAY_COORDINATOR_SERVICE_WORKER_SESSION_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assay/v1/worker_service.grpc.pb.h"
#include "common/domain/worker.h"
#include "coordinator/lease/lease_manager.h"
#include "coordinator/store/worker_store.h"

namespace assay {

class WorkerSession {
 public:
  using Stream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>;

  // When `closing` becomes true and leases->pending() is told, the worker is asked to go elsewhere.
  WorkerSession(LeaseManager* leases, WorkerStore* workers, Stream* stream, WorkerInfo worker,
                const std::atomic<bool>& closing, const grpc::ServerContext& context);

  // Until the stream ends. An error is the worker's: it broke the protocol. Call once.
  absl::Status Run();

 private:
  // What the worker would take now.
  struct Demand {
    int leases = 0;
    int remote_leases = 0;
    LoadedModel loaded;
    uint64_t number =
        0;  // of the request; grants for an earlier one do not count against a later one
  };

  // The reading thread.
  absl::Status ReadAll();
  absl::Status Handle(const v1::WorkerMessage& message);
  absl::Status HandleRequest(const v1::LeaseRequest& request);
  absl::Status HandleHeartbeat(const v1::Heartbeat& heartbeat);
  absl::Status HandleResult(const v1::ShardResult& result);
  absl::Status HandleFailure(const v1::ShardFailure& failure);
  void Acknowledge(const LeaseKey& key, const absl::StatusOr<CommitOutcome>& outcome);

  // The granting thread.
  void GrantAll();
  // Whether a lease was handed out.
  bool GrantSome();
  // Up to `count` leases of models in `place`; how many were handed out.
  int GrantSome(int count, const LoadedModel& loaded, ModelPlace place);
  void NoteSeen();

  // The worker has the lease.
  void Confirm(const LeaseKey& key);
  // Of a worker that has ended its side in order: what it was granted and never spoke of came too
  // late for it.
  void GiveBackUnconfirmed();

  // False when the stream is broken.
  bool Send(const v1::CoordinatorMessage& message);

  LeaseManager* const leases_;
  WorkerStore* const workers_;
  Stream* const stream_;
  const WorkerInfo worker_;
  const std::atomic<bool>& closing_;
  const grpc::ServerContext& context_;

  absl::Mutex write_mutex_;  // a stream takes one writer at a time
  absl::Mutex mutex_;
  Demand demand_ ABSL_GUARDED_BY(mutex_);
  // Granted here, and named by no heartbeat and no report yet; by lease_id.
  std::map<int64_t, LeaseKey> unconfirmed_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> wake_{false};  // there is news for the granting thread
  std::atomic<bool> ended_{false};
  absl::Time seen_ = absl::InfinitePast();  // of the granting thread
  std::string seen_moment_;                 // likewise: by the database's clock
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_WORKER_SESSION_H_
