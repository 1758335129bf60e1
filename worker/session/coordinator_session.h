// A worker's stream to its coordinator: asks for leases, renews them and reports. It connects again
// for as long as it lives, keeps the leases meanwhile, and sends every report until it is
// acknowledged.
//
//   CoordinatorSession session(MakeChannels("a:7420,b:7420"), options, Clock::Real(), random);
//   session.Start(&runner);               // leases come in through runner.Accept()
//   session.Report({lease, predictions});
//   session.Drain(absl::Seconds(10));     // what was reported is acknowledged
//   session.Stop();
#ifndef ASSAY_WORKER_SESSION_COORDINATOR_SESSION_H_
#define ASSAY_WORKER_SESSION_COORDINATOR_SESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assay/v1/worker_service.grpc.pb.h"
#include "common/base/clock.h"
#include "worker/session/backoff.h"
#include "worker/session/session_state.h"
#include "worker/session/shard_runner.h"
#include "worker/session/work_observer.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace assay {

struct SessionOptions {
  SessionState::Options state;
  WorkObserver* observer = nullptr;  // must outlive the worker; may be null
  absl::Duration first_retry = absl::Milliseconds(200);
  absl::Duration longest_retry = absl::Seconds(5);
  absl::Duration welcome_timeout = absl::Seconds(10);  // after Hello; then the stream is given up
  absl::Duration close_timeout = absl::Seconds(2);     // for what is being sent when it is stopped
};

// Thread-safe.
class CoordinatorSession {
 public:
  // `channels`, at least one, lead to coordinators of one service. The session begins with any of
  // them, and goes on to the next when a stream has ended. `random` gives numbers in [0, 1) and is
  // called by one thread. `clock` must outlive the session.
  CoordinatorSession(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                     SessionOptions options, Clock* clock, std::function<double()> random);
  ~CoordinatorSession();

  // Once. `runner` must stay until Stop() has returned.
  void Start(ShardRunner* runner);
  // Never waits for the network.
  void Report(ShardReport report);
  // Asks for no more leases and waits until all that is held is acknowledged, but no longer than
  // `grace`. False when something is still open then.
  bool Drain(absl::Duration grace);
  // Since when a coordinator is connected and has nothing for this worker; the infinite future when
  // that is not so.
  absl::Time IdleSince() const;
  // Ends the stream. May be called twice, and without Start.
  void Stop();

 private:
  using MessagePtr = std::shared_ptr<const v1::WorkerMessage>;

  void Run();
  // From Hello until the stream ends, for whatever reason.
  absl::Status RunStream(v1::WorkerService::StubInterface& stub);
  // Waits for a message that is to be sent; null when the stream is to be closed.
  MessagePtr WaitForMessage(absl::Time welcome_deadline);
  void Handle(const v1::CoordinatorMessage& message);
  void HandleGrant(const v1::LeaseGrant& grant);
  void LogLoss(const absl::Status& status);

  bool Changed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return changed_ || stream_ended_ || stopping_ || handed_over_;
  }

  const SessionOptions options_;
  Clock* const clock_;
  std::vector<std::unique_ptr<v1::WorkerService::StubInterface>> stubs_;
  ShardRunner* runner_ = nullptr;
  const std::function<double()> random_;  // of thread_
  Backoff backoff_;                       // of thread_
  std::string last_loss_;                 // of thread_: what was logged last
  int losses_since_logged_ = 0;           // of thread_

  mutable absl::Mutex mutex_;
  SessionState state_ ABSL_GUARDED_BY(mutex_);
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;       // since the writer looked last
  bool stream_ended_ ABSL_GUARDED_BY(mutex_) = false;  // nothing more will be read
  bool handed_over_ ABSL_GUARDED_BY(mutex_) = false;   // the coordinator asked to go elsewhere
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time idle_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of the open stream

  std::thread thread_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_COORDINATOR_SESSION_H_
