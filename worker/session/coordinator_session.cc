#include "worker/session/coordinator_session.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/logging/log_context.h"
#include "common/rpc/convert.h"
#include "spdlog/spdlog.h"

namespace assay {
namespace {

constexpr int kLossesBetweenLogs = 12;  // about a minute at the longest wait

}  // namespace

CoordinatorSession::CoordinatorSession(const std::vector<std::shared_ptr<grpc::Channel>>& channels,
                                       SessionOptions options, Clock* clock,
                                       std::function<double()> random)
    : options_(std::move(options)),
      clock_(clock),
      random_(std::move(random)),
      backoff_(options_.first_retry, options_.longest_retry, random_),
      state_(options_.state) {
  for (const std::shared_ptr<grpc::Channel>& channel : channels) {
    stubs_.push_back(v1::WorkerService::NewStub(channel));
  }
}

CoordinatorSession::~CoordinatorSession() { Stop(); }

void CoordinatorSession::Start(ShardRunner* runner) {
  runner_ = runner;
  thread_ = std::thread([this] { Run(); });
}

void CoordinatorSession::Report(ShardReport report) {
  absl::MutexLock lock(&mutex_);
  state_.Reported(std::move(report));
  changed_ = true;
}

bool CoordinatorSession::Drain(absl::Duration grace) {
  absl::MutexLock lock(&mutex_);
  state_.Drain();
  changed_ = true;
  return mutex_.AwaitWithTimeout(absl::Condition(
                                     +[](SessionState* state) { return state->idle(); }, &state_),
                                 grace);
}

void CoordinatorSession::Stop() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    mutex_.AwaitWithTimeout(absl::Condition(&finished_), options_.close_timeout);
    // A peer that does not read would keep the writer for ever.
    if (context_ != nullptr) context_->TryCancel();
  }
  thread_.join();
}

void CoordinatorSession::Run() {
  // So that the workers of a cluster spread over its coordinators.
  const size_t first = std::min(static_cast<size_t>(random_() * static_cast<double>(stubs_.size())),
                                stubs_.size() - 1);
  size_t others_left = stubs_.size() - 1;  // to be tried without a wait
  for (size_t next = first;; next = (next + 1) % stubs_.size()) {
    const absl::Status status = RunStream(*stubs_[next]);
    absl::MutexLock lock(&mutex_);
    if (state_.welcomed()) {
      backoff_.Reset();
      last_loss_.clear();
    }
    if (!stopping_) LogLoss(status);
    absl::Duration wait = absl::ZeroDuration();
    if (others_left > 0) {
      --others_left;
    } else {
      wait = backoff_.Next();
      others_left = stubs_.size() - 1;
    }
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), wait)) {
      finished_ = true;
      return;
    }
  }
}

absl::Status CoordinatorSession::RunStream(v1::WorkerService::StubInterface& stub) {
  grpc::ClientContext context;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return absl::CancelledError("stopped");
    context_ = &context;
    stream_ended_ = false;
    handed_over_ = false;
    state_.Opened();
  }
  const std::unique_ptr<
      grpc::ClientReaderWriterInterface<v1::WorkerMessage, v1::CoordinatorMessage>>
      stream = stub.Connect(&context);
  std::thread reader([&] {
    v1::CoordinatorMessage message;
    while (stream->Read(&message)) Handle(message);
    absl::MutexLock lock(&mutex_);
    stream_ended_ = true;
  });

  const absl::Time welcome_deadline = clock_->Now() + options_.welcome_timeout;
  bool writable = true;
  while (writable) {
    const MessagePtr message = WaitForMessage(welcome_deadline);
    if (message == nullptr) break;
    writable = stream->Write(*message);
  }
  bool welcome_missed = false;
  if (writable) {
    stream->WritesDone();
    {
      // The coordinator takes in what was sent and ends the stream; only when it does not, the
      // stream is torn down.
      absl::MutexLock lock(&mutex_);
      welcome_missed = !stopping_ && !stream_ended_ && !handed_over_;
      mutex_.AwaitWithTimeout(absl::Condition(&stream_ended_), options_.close_timeout / 2);
    }
    context.TryCancel();
  }
  reader.join();
  {
    absl::MutexLock lock(&mutex_);
    context_ = nullptr;
    idle_since_ = absl::InfiniteFuture();
  }
  const grpc::Status status = stream->Finish();
  if (welcome_missed) return absl::DeadlineExceededError("it does not answer");
  return FromGrpcStatus(status);
}

absl::Time CoordinatorSession::IdleSince() const {
  absl::MutexLock lock(&mutex_);
  return idle_since_;
}

CoordinatorSession::MessagePtr CoordinatorSession::WaitForMessage(absl::Time welcome_deadline) {
  absl::MutexLock lock(&mutex_);
  while (!stopping_ && !stream_ended_ && !handed_over_) {
    changed_ = false;
    const absl::Time now = clock_->Now();
    idle_since_ =
        state_.welcomed() && state_.idle() ? std::min(idle_since_, now) : absl::InfiniteFuture();
    if (MessagePtr message = state_.NextMessage(now, runner_->PreferredModel())) return message;
    absl::Time next = state_.NextTime();
    if (!state_.welcomed()) {
      if (now >= welcome_deadline) return nullptr;
      next = std::min(next, welcome_deadline);
    }
    mutex_.AwaitWithTimeout(absl::Condition(this, &CoordinatorSession::Changed), next - now);
  }
  return nullptr;
}

void CoordinatorSession::Handle(const v1::CoordinatorMessage& message) {
  switch (message.body_case()) {
    case v1::CoordinatorMessage::kWelcome: {
      SPDLOG_INFO("connected to the coordinator (version {})",
                  message.welcome().coordinator_version());
      absl::MutexLock lock(&mutex_);
      state_.Welcomed(message.welcome(), clock_->Now());
      changed_ = true;
      break;
    }
    case v1::CoordinatorMessage::kGrant:
      HandleGrant(message.grant());
      break;
    case v1::CoordinatorMessage::kAck: {
      absl::MutexLock lock(&mutex_);
      state_.Acknowledged(message.ack(), clock_->Now());
      changed_ = true;
      break;
    }
    case v1::CoordinatorMessage::kRevoked: {
      const absl::StatusOr<LeaseKey> lease = FromProto(message.revoked().lease());
      if (!lease.ok()) {
        SPDLOG_ERROR("a revocation that cannot be read: {}", lease.status().ToString());
        break;
      }
      const LogContext context({.shard_id = lease->shard_id});
      SPDLOG_INFO("the lease of shard {} is over", lease->shard_id);
      {
        absl::MutexLock lock(&mutex_);
        state_.Revoked(*lease);
        changed_ = true;
      }
      runner_->Cancel(*lease);
      break;
    }
    case v1::CoordinatorMessage::kClosing: {
      absl::MutexLock lock(&mutex_);
      handed_over_ = true;
      break;
    }
    case v1::CoordinatorMessage::BODY_NOT_SET:
      SPDLOG_WARN("a message of a kind that this worker does not know was left alone");
  }
}

void CoordinatorSession::HandleGrant(const v1::LeaseGrant& grant) {
  const absl::StatusOr<LeaseKey> key = FromProto(grant.lease());
  if (!key.ok()) {
    SPDLOG_ERROR("a lease that cannot be read: {}", key.status().ToString());
    return;
  }
  absl::StatusOr<Lease> lease = FromProto(grant);
  {
    // Held before it is run: a report may follow at once.
    absl::MutexLock lock(&mutex_);
    if (!state_.Granted(*key, grant.model().has_remote())) return;
    changed_ = true;
    if (!lease.ok()) {
      state_.Reported({*key, ShardFailure{absl::StrCat("the worker cannot read the lease: ",
                                                       lease.status().message()),
                                          false, false}});
    }
  }
  if (lease.ok()) runner_->Accept(*std::move(lease));
}

void CoordinatorSession::LogLoss(const absl::Status& status) {
  std::string loss = status.ok() ? "it ended the stream" : std::string(status.message());
  if (loss == last_loss_ && ++losses_since_logged_ < kLossesBetweenLogs) return;
  SPDLOG_WARN("no connection to the coordinator: {}; trying again until there is one", loss);
  last_loss_ = std::move(loss);
  losses_since_logged_ = 0;
}

}  // namespace assay
