#include "coordinator/service/worker_session.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/logging/log_context.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

// Of one worker, at once; more are not read.
constexpr int kMostResults = 4;
// Of all workers: while so much waits for its transaction, none has more than one there.
constexpr size_t kMostHeldBytes = size_t{64} << 20;

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
  auto message = std::make_shared<Incoming>(*std::move(incoming_));
  incoming_.reset();
  parts_.tasks->Add([self = self_, message = std::move(message)] { self->HandleNext(**message); });
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
    incoming_.emplace();
    StartRead(incoming_->get());
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
    StartWrite(outgoing_.front().get());
  } else if (finish_.has_value()) {
    Finish(*finish_);
    finish_.reset();
    broken_ = true;
  }
}

bool WorkerSession::Send(Outgoing message) {
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
  Outgoing message;
  message->mutable_closing();
  Send(std::move(message));
}

}  // namespace assay
