#include "coordinator/service/worker_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

// How often the queue is looked at for an idle worker: work may have been submitted to another
// coordinator.
constexpr absl::Duration kShortestPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Milliseconds(500);
constexpr absl::Duration kSeenPeriod = absl::Seconds(5);
constexpr int kMaxLeases = 64;

}  // namespace

WorkerSession::WorkerSession(LeaseManager* leases, WorkerStore* workers, Stream* stream,
                             WorkerInfo worker, const std::atomic<bool>& closing,
                             const grpc::ServerContext& context)
    : leases_(leases),
      workers_(workers),
      stream_(stream),
      worker_(std::move(worker)),
      closing_(closing),
      context_(context) {}

absl::Status WorkerSession::Run() {
  spdlog::info("worker {} connected from {}: {}, {} threads", worker_.worker_id, worker_.hostname,
               worker_.device, worker_.threads);
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->set_coordinator_version(kVersion);
  welcome.mutable_welcome()->set_lease_seconds(absl::ToDoubleSeconds(leases_->lease_time()));
  absl::Status status;
  if (Send(welcome)) {
    std::thread granter([this] { GrantAll(); });
    status = ReadAll();
    // A stream that broke says nothing of what the worker has. One that is handed over keeps it
    // all.
    const bool in_order = status.ok() && !context_.IsCancelled() && !closing_;
    ended_ = true;
    leases_->pending().Wake(wake_);
    granter.join();
    if (in_order) GiveBackUnconfirmed();
  }
  // Best effort: without it the worker counts as connected for some more seconds.
  workers_->Left(worker_.worker_id, seen_moment_).IgnoreError();
  spdlog::info("worker {} disconnected{}", worker_.worker_id,
               status.ok() ? "" : absl::StrCat(": ", status.message()));
  return status;
}

absl::Status WorkerSession::ReadAll() {
  v1::WorkerMessage message;
  while (stream_->Read(&message)) ASSAY_RETURN_IF_ERROR(Handle(message));
  return absl::OkStatus();
}

absl::Status WorkerSession::Handle(const v1::WorkerMessage& message) {
  switch (message.body_case()) {
    case v1::WorkerMessage::kLeaseRequest:
      return HandleRequest(message.lease_request());
    case v1::WorkerMessage::kHeartbeat:
      return HandleHeartbeat(message.heartbeat());
    case v1::WorkerMessage::kResult:
      return HandleResult(message.result());
    case v1::WorkerMessage::kFailure:
      return HandleFailure(message.failure());
    case v1::WorkerMessage::kHello:
      return absl::InvalidArgumentError("a worker says hello once in a stream");
    case v1::WorkerMessage::BODY_NOT_SET:
      return absl::InvalidArgumentError("a message without a body");
  }
  return absl::OkStatus();
}

absl::Status WorkerSession::HandleRequest(const v1::LeaseRequest& request) {
  for (const int leases : {request.leases(), request.remote_leases()}) {
    if (leases >= 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("LeaseRequest.leases: must not be negative, got ", leases));
  }
  LoadedModel loaded;
  if (!request.loaded_weights_sha256().empty()) {
    if (request.loaded_weights_sha256().find('\0') != std::string::npos) {
      return absl::InvalidArgumentError("LeaseRequest.loaded_weights_sha256: not a digest");
    }
    loaded.weights_sha256 = request.loaded_weights_sha256();
    ASSAY_ASSIGN_OR_RETURN(loaded.precision, FromProto(request.loaded_precision()));
  }
  {
    absl::MutexLock lock(&mutex_);
    demand_ = {std::min(request.leases(), kMaxLeases),
               std::min(request.remote_leases(), kMaxLeases), std::move(loaded),
               demand_.number + 1};
  }
  leases_->pending().Wake(wake_);
  return absl::OkStatus();
}

absl::Status WorkerSession::HandleHeartbeat(const v1::Heartbeat& heartbeat) {
  std::vector<LeaseKey> keys;
  for (const v1::LeaseKey& proto : heartbeat.leases()) {
    ASSAY_ASSIGN_OR_RETURN(const LeaseKey key, FromProto(proto));
    keys.push_back(key);
    Confirm(key);
  }
  if (keys.empty()) return absl::OkStatus();
  const absl::StatusOr<std::vector<LeaseKey>> over = leases_->Renew(keys);
  if (!over.ok()) {
    // The worker's next heartbeat is the next attempt.
    if (!absl::IsUnavailable(over.status())) spdlog::error("renewal: {}", over.status().ToString());
    return absl::OkStatus();
  }
  for (const LeaseKey& key : *over) {
    v1::CoordinatorMessage message;
    *message.mutable_revoked()->mutable_lease() = ToProto(key);
    Send(message);
  }
  return absl::OkStatus();
}

absl::Status WorkerSession::HandleResult(const v1::ShardResult& result) {
  ASSAY_ASSIGN_OR_RETURN(const LeaseKey key, FromProto(result.lease()));
  Confirm(key);
  std::vector<Prediction> predictions;
  for (const v1::Prediction& proto : result.predictions()) {
    absl::StatusOr<Prediction> prediction = FromProto(proto);
    if (!prediction.ok()) {
      const absl::StatusOr<CommitOutcome> failed =
          leases_->Fail(key, FailureKind::kReported, prediction.status().message());
      Acknowledge(key, failed.ok() && *failed == CommitOutcome::kAccepted
                           ? absl::StatusOr<CommitOutcome>(prediction.status())
                           : failed);
      return absl::OkStatus();
    }
    predictions.push_back(*std::move(prediction));
  }
  absl::StatusOr<CommitOutcome> outcome = leases_->Commit(key, std::move(predictions));
  if (!outcome.ok() && !absl::IsUnavailable(outcome.status()) &&
      !absl::IsAborted(outcome.status()) && !absl::IsInvalidArgument(outcome.status())) {
    // Sending it again would not help; the shard is run again, and in the end its bad item is
    // found.
    spdlog::error("commit of shard {}: {}", key.shard_id, outcome.status().ToString());
    const absl::StatusOr<CommitOutcome> failed =
        leases_->Fail(key, FailureKind::kReported, outcome.status().message());
    if (failed.ok()) outcome = absl::InvalidArgumentError(outcome.status().message());
  }
  Acknowledge(key, outcome);
  return absl::OkStatus();
}

absl::Status WorkerSession::HandleFailure(const v1::ShardFailure& failure) {
  ASSAY_ASSIGN_OR_RETURN(const LeaseKey key, FromProto(failure.lease()));
  Confirm(key);
  if (!failure.returned()) {
    spdlog::warn("worker {} failed shard {}: {}", worker_.worker_id, key.shard_id,
                 failure.message());
  }
  Acknowledge(
      key,
      failure.fatal_for_run()
          ? leases_->FailWholeRun(key, failure.message())
          : leases_->Fail(key, failure.returned() ? FailureKind::kReturned : FailureKind::kReported,
                          failure.message()));
  return absl::OkStatus();
}

void WorkerSession::Acknowledge(const LeaseKey& key, const absl::StatusOr<CommitOutcome>& outcome) {
  v1::CoordinatorMessage message;
  v1::CommitAck* ack = message.mutable_ack();
  *ack->mutable_lease() = ToProto(key);
  if (outcome.ok()) {
    ack->set_outcome(ToProto(*outcome));
  } else {
    ack->set_outcome(absl::IsInvalidArgument(outcome.status()) ? v1::COMMIT_OUTCOME_INVALID
                                                               : v1::COMMIT_OUTCOME_RETRY);
    ack->set_message(std::string(outcome.status().message()));
  }
  Send(message);
}

void WorkerSession::GrantAll() {
  absl::Duration pause = kShortestPause;
  while (!ended_) {
    // Both are read before the queue is looked at, so that what comes in between cuts the pause
    // short.
    const uint64_t count = leases_->pending().count();
    const bool news = wake_.exchange(false);
    if (closing_) {
      v1::CoordinatorMessage message;
      message.mutable_closing();
      Send(message);
      return;
    }
    NoteSeen();
    if (GrantSome() || news) {
      pause = kShortestPause;
    } else {
      pause = std::min(2 * pause, kLongestPause);
    }
    bool wants_more;
    {
      absl::MutexLock lock(&mutex_);
      wants_more = demand_.leases > 0 || demand_.remote_leases > 0;
    }
    if (!ended_) leases_->pending().Wait(count, wake_, wants_more ? pause : kSeenPeriod);
  }
}

bool WorkerSession::GrantSome() {
  Demand demand;
  {
    absl::MutexLock lock(&mutex_);
    demand = demand_;
  }
  const int local = GrantSome(demand.leases, demand.loaded, ModelPlace::kLocal);
  const int remote = GrantSome(demand.remote_leases, {}, ModelPlace::kRemote);
  absl::MutexLock lock(&mutex_);
  if (demand_.number == demand.number) {
    demand_.leases -= local;
    demand_.remote_leases -= remote;
  }
  return local + remote > 0;
}

int WorkerSession::GrantSome(int count, const LoadedModel& loaded, ModelPlace place) {
  if (count == 0) return 0;
  const absl::StatusOr<std::vector<Lease>> leases = leases_->Grant(worker_, count, loaded, place);
  if (!leases.ok()) {
    if (!absl::IsUnavailable(leases.status())) {
      spdlog::error("granting: {}", leases.status().ToString());
    }
    return 0;
  }
  for (const Lease& lease : *leases) {
    {
      absl::MutexLock lock(&mutex_);
      unconfirmed_[lease.key.lease_id] = lease.key;
    }
    v1::CoordinatorMessage message;
    *message.mutable_grant() = ToProto(lease);
    // Where giving back fails as well, the lease runs out by itself.
    if (!Send(message)) leases_->Fail(lease.key, FailureKind::kReturned, "").IgnoreError();
  }
  return static_cast<int>(leases->size());
}

void WorkerSession::Confirm(const LeaseKey& key) {
  absl::MutexLock lock(&mutex_);
  unconfirmed_.erase(key.lease_id);
}

void WorkerSession::GiveBackUnconfirmed() {
  std::map<int64_t, LeaseKey> keys;
  {
    absl::MutexLock lock(&mutex_);
    keys.swap(unconfirmed_);
  }
  // Where it fails, they run out by themselves.
  for (const auto& [id, key] : keys) leases_->Fail(key, FailureKind::kReturned, "").IgnoreError();
}

void WorkerSession::NoteSeen() {
  const absl::Time now = absl::Now();
  if (now - seen_ < kSeenPeriod && seen_ != absl::InfinitePast()) return;
  absl::StatusOr<std::string> moment = workers_->Seen(worker_);
  if (moment.ok()) {
    seen_ = now;
    seen_moment_ = *std::move(moment);
  } else if (!absl::IsUnavailable(moment.status())) {
    spdlog::error("{}", moment.status().ToString());
  }
}

bool WorkerSession::Send(const v1::CoordinatorMessage& message) {
  absl::MutexLock lock(&write_mutex_);
  return stream_->Write(message);
}

}  // namespace assay
