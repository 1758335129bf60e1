// One worker's stream. It holds no thread: gRPC's tell it what has come, a pool's handle it, and
// the granter's hand out leases.
#ifndef ASSAY_COORDINATOR_SERVICE_WORKER_SESSION_H_
#define ASSAY_COORDINATOR_SERVICE_WORKER_SESSION_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "assay/v1/worker_service.grpc.pb.h"
#include "common/domain/worker.h"
#include "coordinator/lease/lease_manager.h"
#include "coordinator/planner/work_recorder.h"
#include "coordinator/service/arena_message.h"
#include "coordinator/service/lease_granter.h"
#include "coordinator/service/task_pool.h"
#include "coordinator/service/worker_presence.h"

namespace assay {

// What the sessions of a coordinator share. All of it outlives them.
struct SessionParts {
  LeaseManager* leases = nullptr;
  LeaseGranter* granter = nullptr;
  WorkerPresence* presence = nullptr;
  TaskPool* tasks = nullptr;
  const std::atomic<bool>* closing = nullptr;  // nothing more is granted
  WorkRecorder* recorder = nullptr;            // may be null
};

// A worker's messages are handled one after the other; only results that wait for their transaction
// let the next one pass. What is not yet handled is not read, so that a worker waits where the
// database is slow.
class WorkerSession final
    : public grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>,
      public LeaseTaker {
 public:
  // Reads at once. `ended` is called when the stream has ended; until then, and for as long as
  // somebody has a copy of the pointer, the session is there.
  static std::shared_ptr<WorkerSession> Start(const SessionParts& parts,
                                              std::function<void()> ended);

  // Asks the worker to go elsewhere, and grants it nothing more.
  void HandOver();

  // The granter's.
  std::vector<LeaseOrder> Orders() override;
  int Take(const LeaseOrder& order, absl::StatusOr<std::vector<GrantedLease>> leases) override;
  bool WantsMore() override;

  // gRPC's.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // What the worker would take now.
  struct Demand {
    int leases = 0;
    int remote_leases = 0;
    LoadedModel loaded;
    // Of the request; grants for an earlier one do not count against a later one.
    uint64_t number = 0;
  };

  // A worker that does not read what it is sent is not read either, and granted nothing.
  static constexpr size_t kMostOutgoing = 256;

  WorkerSession(const SessionParts& parts, std::function<void()> ended);

  using Incoming = ArenaMessage<v1::WorkerMessage>;
  using Outgoing = ArenaMessage<v1::CoordinatorMessage>;

  // The pool's threads (worker_messages.cc). An error is the worker's: it broke the protocol, and
  // its stream ends.
  void HandleNext(v1::WorkerMessage& message);
  absl::Status Handle(v1::WorkerMessage& message);
  absl::Status HandleHello(const v1::WorkerMessage& message);
  absl::Status HandleRequest(const v1::LeaseRequest& request);
  absl::Status HandleHeartbeat(const v1::Heartbeat& heartbeat);
  absl::Status HandleResult(v1::ShardResult& result);
  absl::Status HandleFailure(const v1::ShardFailure& failure);
  void FinishResult(const LeaseKey& key, absl::StatusOr<CommitOutcome> outcome);
  // A result whose commit failed in a way that sending it again would not mend.
  void FailResult(const LeaseKey& key, const absl::Status& status);
  void Acknowledge(const LeaseKey& key, const absl::StatusOr<CommitOutcome>& outcome);
  void End();

  // The worker has the lease.
  void Confirm(const LeaseKey& key);
  // Of a worker that has ended its side in order, which is not one whose stream broke: what it was
  // granted and never spoke of came too late for it.
  void GiveBackUnconfirmed();

  // False when the stream is broken or has ended.
  bool Send(Outgoing message);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Goes on reading, or ends, as soon as nothing stands in the way.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const SessionParts parts_;
  const std::function<void()> ended_;
  // Until OnDone. Whoever lets the stream go on, or end, holds a copy meanwhile.
  std::shared_ptr<WorkerSession> self_;
  std::optional<Incoming> incoming_;  // gRPC's while it reads
  WorkerInfo worker_;                 // of the hello; constant afterwards
  int64_t presence_ = 0;              // likewise
  absl::Notification cancelled_;

  absl::Mutex mutex_;
  bool greeted_ ABSL_GUARDED_BY(mutex_) = false;  // the hello has come
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_ended_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more comes
  bool handling_ ABSL_GUARDED_BY(mutex_) = false;
  int results_ ABSL_GUARDED_BY(mutex_) = 0;  // that wait for their transaction
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more can be sent
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool handed_over_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);                 // not ok: the stream ends with it
  std::optional<grpc::Status> finish_ ABSL_GUARDED_BY(mutex_);  // as soon as all is sent
  std::deque<Outgoing> outgoing_ ABSL_GUARDED_BY(mutex_);       // the first is written
  Demand demand_ ABSL_GUARDED_BY(mutex_);
  uint64_t ordered_ = 0;  // the granter's: the demand that the latest orders are of
  // Granted here, and named by no heartbeat and no report yet; by lease_id.
  std::map<int64_t, LeaseKey> unconfirmed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_WORKER_SESSION_H_
