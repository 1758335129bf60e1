// What a worker has to tell its coordinator, and when: the protocol of WorkerService::Connect
// without threads, sockets and clocks. It holds the leases and every report that is not
// acknowledged, over any number of streams.
#ifndef ASSAY_WORKER_SESSION_SESSION_STATE_H_
#define ASSAY_WORKER_SESSION_SESSION_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "assay/v1/worker_service.pb.h"
#include "common/domain/worker.h"
#include "worker/session/shard_runner.h"

namespace assay {

// Not thread-safe.
class SessionState {
 public:
  struct Options {
    WorkerInfo worker;
    int shards_in_flight = 4;         // leases held at once whose shard is not finished
    int remote_shards_in_flight = 0;  // likewise, of remote models
    absl::Duration resend_delay = absl::Seconds(1);  // after COMMIT_OUTCOME_RETRY
  };
  explicit SessionState(Options options);

  // A new stream: Hello goes first, and after the coordinator's Welcome everything that is not
  // acknowledged.
  void Opened();
  void Welcomed(const v1::Welcome& welcome, absl::Time now);
  bool welcomed() const { return welcomed_; }

  // False when the lease is held already. `remote`: of a remote model.
  bool Granted(const LeaseKey& lease, bool remote = false);
  void Revoked(const LeaseKey& lease);
  // A report of a lease that is not held (any more) is dropped.
  void Reported(ShardReport report);
  void Acknowledged(const v1::CommitAck& ack, absl::Time now);
  // Asks for no lease from now on.
  void Drain();
  // No lease is held: whatever was leased is acknowledged or revoked.
  bool idle() const { return held_.empty(); }

  // The next message that is to be sent by now, or null. `preferred`: see
  // ShardRunner::PreferredModel.
  std::shared_ptr<const v1::WorkerMessage> NextMessage(absl::Time now,
                                                       const std::optional<ModelKey>& preferred);
  // When NextMessage should be asked again, if nothing happens before.
  absl::Time NextTime() const;

 private:
  struct Held {
    LeaseKey key;
    std::shared_ptr<const v1::WorkerMessage> report;  // null: the shard is not finished
    absl::Time send_at = absl::InfinitePast();        // infinite future: sent, awaiting the answer
    bool remote = false;
  };

  std::shared_ptr<const v1::WorkerMessage> MakeHello() const;
  std::shared_ptr<const v1::WorkerMessage> MakeHeartbeat() const;
  // How many more leases of its kind are to be held, of at most `in_flight` that are not finished;
  // as many again may wait for the answers to their reports, and each one more takes a place.
  int WantedLeases(bool remote, int in_flight) const;
  std::shared_ptr<const v1::WorkerMessage> MaybeLeaseRequest(
      const std::optional<ModelKey>& preferred);

  const Options options_;
  std::map<int64_t, Held> held_;  // by lease id
  bool draining_ = false;

  // Of the present stream.
  bool said_hello_ = false;
  bool welcomed_ = false;
  absl::Duration heartbeat_period_ = absl::Seconds(10);
  absl::Time next_heartbeat_ = absl::InfinitePast();
  int requested_ = 0;         // leases asked for and not granted yet
  int requested_remote_ = 0;  // likewise, of remote models
  std::optional<ModelKey> requested_model_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_SESSION_STATE_H_
