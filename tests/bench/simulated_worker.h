// A worker without a model: speaks the workers' protocol over a stream of its own, and answers
// every shard with made-up predictions. Many of them share gRPC's few threads.
#ifndef ASSAY_TESTS_BENCH_SIMULATED_WORKER_H_
#define ASSAY_TESTS_BENCH_SIMULATED_WORKER_H_

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assay/v1/worker_service.grpc.pb.h"

namespace assay {

struct SimulationOptions {
  int shards_in_flight = 4;  // as a real worker's
  int output_bytes = 200;    // of a prediction
  int prompt_bytes = 200;    // likewise
  absl::Duration pace = {};  // from one answer to the next; 0: at once
  // With a pace: from the first lease to its answer. Workers are not all at the same point.
  absl::Duration first_answer = {};
};

// What all workers have done so far. Thread-safe.
struct SimulationCounts {
  absl::Mutex mutex;
  int64_t welcomed ABSL_GUARDED_BY(mutex) = 0;
  int64_t ended ABSL_GUARDED_BY(mutex) = 0;  // streams
  int64_t granted ABSL_GUARDED_BY(mutex) = 0;
  int64_t retried ABSL_GUARDED_BY(mutex) = 0;     // reports
  int64_t stored ABSL_GUARDED_BY(mutex) = 0;      // predictions whose commit was accepted
  int64_t not_stored ABSL_GUARDED_BY(mutex) = 0;  // answered with anything else
  int64_t in_flight ABSL_GUARDED_BY(mutex) = 0;   // shards that are leased or not yet answered
  // From asking for a lease to having it, and from a report to its answer; since the last Reset.
  // Without the leases that a worker asks for when it is welcomed: all of them come at once.
  std::vector<float> lease_seconds ABSL_GUARDED_BY(mutex);
  std::vector<float> commit_seconds ABSL_GUARDED_BY(mutex);
  // Of those: the first one of each worker, and all of them.
  std::vector<float> first_lease_seconds ABSL_GUARDED_BY(mutex);
  std::vector<float> first_leases_seconds ABSL_GUARDED_BY(mutex);
};

// Start, then Tick as often as time passes, Finish, and wait for `counts->ended`.
class SimulatedWorker : public grpc::ClientBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage> {
 public:
  SimulatedWorker(std::string id, const std::string& coordinator, const SimulationOptions& options,
                  SimulationCounts* counts);

  void Start();
  // Answers a shard when its time has come, and renews its leases when theirs has. Used with a
  // pace.
  void Tick(absl::Time now);
  // Gives back what is not answered, waits for the answers that are due, and ends the stream.
  void Finish();

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  struct Shard {
    v1::LeaseKey lease;
    std::vector<std::string> items;
    absl::Time sent;
  };
  using MessagePtr = std::unique_ptr<v1::WorkerMessage>;

  void HandleGrant(const v1::LeaseGrant& grant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void HandleAck(const v1::CommitAck& ack) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AskForLeases() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Answer(Shard shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send(MessagePtr message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MaybeClose() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string id_;
  const SimulationOptions options_;
  SimulationCounts* const counts_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  v1::CoordinatorMessage received_;
  v1::Prediction made_up_;

  absl::Mutex mutex_;
  std::deque<MessagePtr> outgoing_ ABSL_GUARDED_BY(mutex_);  // the first is being written
  std::vector<MessagePtr> spare_ ABSL_GUARDED_BY(mutex_);    // written reports, to be used again
  std::deque<Shard> leased_ ABSL_GUARDED_BY(mutex_);
  std::deque<Shard> unanswered_ ABSL_GUARDED_BY(mutex_);
  std::deque<Shard> to_retry_ ABSL_GUARDED_BY(mutex_);    // sent again a second later
  std::deque<absl::Time> asked_ ABSL_GUARDED_BY(mutex_);  // of each lease that is to come
  std::string loaded_ ABSL_GUARDED_BY(mutex_);
  v1::Precision precision_ ABSL_GUARDED_BY(mutex_) = v1::PRECISION_UNSPECIFIED;
  absl::Time next_answer_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time next_heartbeat_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  size_t first_leases_ ABSL_GUARDED_BY(mutex_) = 0;  // that have come
  bool welcomed_ ABSL_GUARDED_BY(mutex_) = false;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace assay

#endif  // ASSAY_TESTS_BENCH_SIMULATED_WORKER_H_
