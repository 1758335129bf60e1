#include "coordinator/service/worker_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/domain/worker_kind.h"
#include "common/logging/log_context.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

constexpr int kMaxLeases = 64;
constexpr absl::Duration kCancelDelay = absl::Milliseconds(200);
// Of one worker, at once; more are not read.
constexpr int kMostResults = 4;
// Of all workers: while so much waits for its transaction, none has more than one there.
constexpr size_t kMostHeldBytes = size_t{64} << 20;
// A worker that does not read what it is sent is not read either.
constexpr size_t kMostOutgoing = 256;

absl::StatusOr<WorkerInfo> ReadHello(const v1::WorkerMessage& message) {
  if (!message.has_hello()) {
    return absl::InvalidArgumentError("the first message of a worker must be its hello");
  }
  ASSAY_ASSIGN_OR_RETURN(WorkerInfo worker, FromProto(message.hello()));
  if (worker.worker_id.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("WorkerInfo.worker_id: holds a NUL character");
  }
  if (!absl::StartsWith(worker.engine_version, absl::StrCat(kEngineVersion, "/"))) {
    // Which kernels it has does not matter here: a run is leased to workers of one kind only.
    return absl::FailedPreconditionError(absl::StrCat(
        "the worker's engine is ", worker.engine_version, ", the coordinator's has version ",
        kEngineVersion, "; run the same release of Assay on both"));
  }
  return worker;
}

}  // namespace

std::shared_ptr<WorkerSession> WorkerSession::Start(const SessionParts& parts,
                                                    std::function<void()> ended) {
  std::shared_ptr<WorkerSession> session(new WorkerSession(parts, std::move(ended)));
  session->self_ = session;
  absl::MutexLock lock(&session->mutex_);
  session->Proceed();
  return session;
}

WorkerSession::WorkerSession(const SessionParts& parts, std::function<void()> ended)
    : parts_(parts), ended_(std::move(ended)) {}

void WorkerSession::OnReadDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  reading_ = false;
  if (!ok) {
    read_ended_ = true;
    Proceed();
    return;
  }
  handling_ = true;
  auto message = std::make_shared<v1::WorkerMessage>();
  message->Swap(&incoming_);
  parts_.tasks->Add([self = self_, message = std::move(message)] { self->HandleNext(*message); });
}

void WorkerSession::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  outgoing_.pop_front();
  if (!ok) {
    broken_ = true;
    outgoing_.clear();
  }
  WriteNext();
  Proceed();
}

void WorkerSession::OnCancel() { cancelled_.Notify(); }

void WorkerSession::OnDone() {
  ended_();
  self_.reset();
}

void WorkerSession::Proceed() {
  if (ending_) return;
  if (!read_ended_ && status_.ok()) {
    if (reading_ || handling_ || results_ >= kMostResults || outgoing_.size() >= kMostOutgoing) {
      return;
    }
    if (results_ > 0 && parts_.leases->held_bytes() > kMostHeldBytes) return;
    reading_ = true;
    StartRead(&incoming_);
    return;
  }
  if (handling_ || results_ > 0) return;
  ending_ = true;
  parts_.tasks->Add([self = self_] { self->End(); });
}

void WorkerSession::WriteNext() {
  if (writing_) return;
  if (!outgoing_.empty()) {
    writing_ = true;
    StartWrite(&outgoing_.front());
  } else if (finish_.has_value()) {
    Finish(*finish_);
    finish_.reset();
    broken_ = true;
  }
}

bool WorkerSession::Send(v1::CoordinatorMessage message) {
  absl::MutexLock lock(&mutex_);
  if (broken_ || cancelled_.HasBeenNotified()) return false;
  outgoing_.push_back(std::move(message));
  WriteNext();
  return true;
}

void WorkerSession::End() {
  const LogContext context({.worker_id = worker_.worker_id});
  // When nobody is called any more, nothing more is granted and sent.
  parts_.granter->Remove(this);
  absl::Status status;
  bool greeted = false;
  {
    absl::MutexLock lock(&mutex_);
    status = status_;
    greeted = greeted_;
  }
  if (greeted) {
    // One that is handed over keeps it all.
    if (status.ok() && !*parts_.closing) GiveBackUnconfirmed();
    parts_.presence->Leave(presence_);
    SPDLOG_INFO("worker {} disconnected{}", worker_.worker_id,
                status.ok() ? "" : absl::StrCat(": ", status.message()));
  } else if (status.ok()) {
    status = absl::CancelledError("the stream ended before the worker's hello");
  }
  absl::MutexLock lock(&mutex_);
  finish_ = ToGrpcStatus(status);
  WriteNext();
}

void WorkerSession::HandOver() {
  parts_.granter->Remove(this);
  {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(handed_over_, true)) return;
    if (!greeted_) {
      status_ = absl::UnavailableError("the coordinator is stopping");
      Proceed();
      return;
    }
  }
  v1::CoordinatorMessage message;
  message.mutable_closing();
  Send(std::move(message));
}

void WorkerSession::HandleNext(const v1::WorkerMessage& message) {
  const LogContext context({.worker_id = worker_.worker_id});
  const absl::Status status = Handle(message);
  absl::MutexLock lock(&mutex_);
  handling_ = false;
  if (status_.ok()) status_ = status;
  Proceed();
}

absl::Status WorkerSession::Handle(const v1::WorkerMessage& message) {
  if (presence_ == 0) return HandleHello(message);
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

absl::Status WorkerSession::HandleHello(const v1::WorkerMessage& message) {
  ASSAY_ASSIGN_OR_RETURN(worker_, ReadHello(message));
  if (*parts_.closing) return absl::UnavailableError("the coordinator is stopping");
  const LogContext context({.worker_id = worker_.worker_id});
  SPDLOG_INFO("worker {} connected from {}: {}, {} threads", worker_.worker_id, worker_.hostname,
              worker_.device, worker_.threads);
  {
    absl::MutexLock lock(&mutex_);
    if (!status_.ok()) return status_;  // it is stopping
    greeted_ = true;
  }
  presence_ = parts_.presence->Arrive(worker_);
  v1::CoordinatorMessage welcome;
  welcome.mutable_welcome()->set_coordinator_version(kVersion);
  welcome.mutable_welcome()->set_lease_seconds(absl::ToDoubleSeconds(parts_.leases->lease_time()));
  Send(std::move(welcome));
  parts_.granter->Add(self_);
  // The coordinator may have begun to stop before it was added.
  if (*parts_.closing) parts_.granter->Remove(this);
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
  parts_.granter->Wake(this);
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
  const absl::StatusOr<std::vector<LeaseKey>> over = parts_.leases->Renew(keys);
  if (!over.ok()) {
    // The worker's next heartbeat is the next attempt.
    if (!absl::IsUnavailable(over.status())) SPDLOG_ERROR("renewal: {}", over.status().ToString());
    return absl::OkStatus();
  }
  for (const LeaseKey& key : *over) {
    v1::CoordinatorMessage message;
    *message.mutable_revoked()->mutable_lease() = ToProto(key);
    Send(std::move(message));
  }
  return absl::OkStatus();
}

absl::Status WorkerSession::HandleResult(const v1::ShardResult& result) {
  ASSAY_ASSIGN_OR_RETURN(const LeaseKey key, FromProto(result.lease()));
  const LogContext context({.shard_id = key.shard_id});
  Confirm(key);
  std::vector<Prediction> predictions;
  predictions.reserve(static_cast<size_t>(result.predictions_size()));
  for (const v1::Prediction& proto : result.predictions()) {
    absl::StatusOr<Prediction> prediction = FromProto(proto);
    if (!prediction.ok()) {
      const absl::StatusOr<CommitOutcome> failed =
          parts_.leases->Fail(key, FailureKind::kReported, prediction.status().message());
      Acknowledge(key, failed.ok() && *failed == CommitOutcome::kAccepted
                           ? absl::StatusOr<CommitOutcome>(prediction.status())
                           : failed);
      return absl::OkStatus();
    }
    predictions.push_back(*std::move(prediction));
  }
  if (parts_.recorder != nullptr && result.has_work()) {
    const v1::WorkDone& work = result.work();
    parts_.recorder->Add(
        key.shard_id, WorkerKindOf(worker_),
        {work.busy_seconds(), work.prompt_tokens(), work.generated_tokens(), work.load_seconds()});
  }
  {
    absl::MutexLock lock(&mutex_);
    ++results_;
  }
  parts_.leases->CommitAsync(
      key, std::move(predictions),
      [self = self_, key](const absl::StatusOr<CommitOutcome>& outcome) {
        self->FinishResult(key, outcome);
      },
      ParseTraceparent(result.traceparent()).value_or(TraceContext()));
  return absl::OkStatus();
}

void WorkerSession::FinishResult(const LeaseKey& key, absl::StatusOr<CommitOutcome> outcome) {
  if (!outcome.ok() && !absl::IsUnavailable(outcome.status()) &&
      !absl::IsAborted(outcome.status()) && !absl::IsInvalidArgument(outcome.status())) {
    parts_.tasks->Add(
        [self = self_, key, status = outcome.status()] { self->FailResult(key, status); });
    return;
  }
  Acknowledge(key, outcome);
  absl::MutexLock lock(&mutex_);
  --results_;
  Proceed();
}

void WorkerSession::FailResult(const LeaseKey& key, const absl::Status& status) {
  const LogContext context({.shard_id = key.shard_id, .worker_id = worker_.worker_id});
  // Sending it again would not help; the shard is run again, and in the end its bad item is found.
  SPDLOG_ERROR("commit of shard {}: {}", key.shard_id, status.ToString());
  absl::StatusOr<CommitOutcome> outcome = status;
  const absl::StatusOr<CommitOutcome> failed =
      parts_.leases->Fail(key, FailureKind::kReported, status.message());
  if (failed.ok()) outcome = absl::InvalidArgumentError(status.message());
  Acknowledge(key, outcome);
  absl::MutexLock lock(&mutex_);
  --results_;
  Proceed();
}

absl::Status WorkerSession::HandleFailure(const v1::ShardFailure& failure) {
  ASSAY_ASSIGN_OR_RETURN(const LeaseKey key, FromProto(failure.lease()));
  const LogContext context({.shard_id = key.shard_id});
  Confirm(key);
  Acknowledge(key,
              failure.fatal_for_run()
                  ? parts_.leases->FailWholeRun(key, failure.message())
                  : parts_.leases->Fail(
                        key, failure.returned() ? FailureKind::kReturned : FailureKind::kReported,
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
  Send(std::move(message));
}

LeaseTaker::Outcome WorkerSession::TakeLeases() {
  Demand demand;
  {
    absl::MutexLock lock(&mutex_);
    demand = demand_;
    // It does not read what it is sent.
    if (outgoing_.size() >= kMostOutgoing) return {};
  }
  if (*parts_.closing) return {};
  const int local = Take(demand.leases, demand.loaded, ModelPlace::kLocal);
  const int remote = Take(demand.remote_leases, {}, ModelPlace::kRemote);
  absl::MutexLock lock(&mutex_);
  if (demand_.number == demand.number) {
    demand_.leases -= local;
    demand_.remote_leases -= remote;
  }
  return {.granted = local + remote > 0,
          .wants_more = demand_.leases > 0 || demand_.remote_leases > 0};
}

int WorkerSession::Take(int count, const LoadedModel& loaded, ModelPlace place) {
  if (count == 0) return 0;
  const LogContext context({.worker_id = worker_.worker_id});
  const absl::StatusOr<std::vector<Lease>> leases =
      parts_.leases->Grant(worker_, count, loaded, place);
  if (!leases.ok()) {
    if (!absl::IsUnavailable(leases.status())) {
      SPDLOG_ERROR("granting: {}", leases.status().ToString());
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
    if (!Send(std::move(message))) {
      parts_.leases->Fail(lease.key, FailureKind::kReturned, "").IgnoreError();
    }
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
  // gRPC tells that nothing more comes a little earlier than why.
  if (keys.empty() || cancelled_.WaitForNotificationWithTimeout(kCancelDelay)) return;
  // Where it fails, they run out by themselves.
  for (const auto& [id, key] : keys) {
    parts_.leases->Fail(key, FailureKind::kReturned, "").IgnoreError();
  }
}

}  // namespace assay
