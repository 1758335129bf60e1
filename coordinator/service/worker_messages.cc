// WorkerSession: what a worker sends, and the answers.
#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/domain/worker_kind.h"
#include "common/logging/log_context.h"
#include "common/rpc/convert.h"
#include "common/rpc/take_prediction.h"
#include "coordinator/service/worker_session.h"

namespace assay {
namespace {

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

void WorkerSession::HandleNext(v1::WorkerMessage& message) {
  const LogContext context({.worker_id = worker_.worker_id});
  const absl::Status status = Handle(message);
  absl::MutexLock lock(&mutex_);
  handling_ = false;
  if (status_.ok()) status_ = status;
  Proceed();
}

absl::Status WorkerSession::Handle(v1::WorkerMessage& message) {
  if (presence_ == 0) return HandleHello(message);
  switch (message.body_case()) {
    case v1::WorkerMessage::kLeaseRequest:
      return HandleRequest(message.lease_request());
    case v1::WorkerMessage::kHeartbeat:
      return HandleHeartbeat(message.heartbeat());
    case v1::WorkerMessage::kResult:
      return HandleResult(*message.mutable_result());
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
  Outgoing welcome;
  welcome->mutable_welcome()->set_coordinator_version(kVersion);
  welcome->mutable_welcome()->set_lease_seconds(absl::ToDoubleSeconds(parts_.leases->lease_time()));
  Send(std::move(welcome));
  parts_.granter->Add(self_);
  // The coordinator may have begun to stop before it was added.
  if (*parts_.closing) parts_.granter->Remove(this);
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
    Outgoing message;
    *message->mutable_revoked()->mutable_lease() = ToProto(key);
    Send(std::move(message));
  }
  return absl::OkStatus();
}

absl::Status WorkerSession::HandleResult(v1::ShardResult& result) {
  ASSAY_ASSIGN_OR_RETURN(const LeaseKey key, FromProto(result.lease()));
  const LogContext context({.shard_id = key.shard_id});
  Confirm(key);
  std::vector<Prediction> predictions;
  predictions.reserve(static_cast<size_t>(result.predictions_size()));
  for (v1::Prediction& proto : *result.mutable_predictions()) {
    absl::StatusOr<Prediction> prediction = TakePrediction(proto);
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
  Outgoing message;
  v1::CommitAck* ack = message->mutable_ack();
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

}  // namespace assay
