// A WorkerService in this process, on a port of its own, that can be killed and started again on
// the same port. It records what workers say and answers as a test tells it.
#ifndef ASSAY_TESTS_UNIT_WORKER_SESSION_FAKE_COORDINATOR_H_
#define ASSAY_TESTS_UNIT_WORKER_SESSION_FAKE_COORDINATOR_H_

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "assay/v1/worker_service.grpc.pb.h"
#include "common/domain/worker.h"
#include "common/rpc/channel.h"
#include "common/rpc/convert.h"

namespace assay {

class FakeCoordinator : public v1::WorkerService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::CoordinatorMessage, v1::WorkerMessage>;

  FakeCoordinator() { Start(); }
  ~FakeCoordinator() override { Kill(); }

  void Start() {
    grpc::ServerBuilder builder;
    ConfigureServer(&builder);
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    ASSERT_NE(port_, 0);
  }
  // Ends all streams at once, as a process that dies does.
  void Kill() {
    if (server_ == nullptr) return;
    server_->Shutdown(absl::ToChronoTime(absl::UnixEpoch()));
    server_->Wait();
    server_.reset();
  }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

  void SetLeases(std::vector<Lease> leases) {
    absl::MutexLock lock(&mutex_);
    leases_.assign(leases.begin(), leases.end());
    Grant();
  }
  // How the next reports are answered, in their order; when there is none left: accepted.
  void SetOutcomes(std::vector<v1::CommitOutcome> outcomes) {
    absl::MutexLock lock(&mutex_);
    outcomes_.assign(outcomes.begin(), outcomes.end());
  }
  // Kills the stream instead of answering the next report.
  void BreakAtNextReport() {
    absl::MutexLock lock(&mutex_);
    break_at_report_ = true;
  }
  void SetSilent(bool silent) {
    absl::MutexLock lock(&mutex_);
    silent_ = silent;
  }
  void Revoke(const LeaseKey& lease) {
    v1::CoordinatorMessage message;
    *message.mutable_revoked()->mutable_lease() = ToProto(lease);
    Send(message);
  }
  void Send(const v1::CoordinatorMessage& message) {
    absl::MutexLock lock(&mutex_);
    if (stream_ != nullptr) stream_->Write(message);
  }

  // Waits until `condition` holds for all messages received so far.
  ::testing::AssertionResult WaitFor(
      const std::function<bool(const std::vector<v1::WorkerMessage>&)>& condition) {
    absl::MutexLock lock(&mutex_);
    auto holds = [&] { return condition(received_); };
    if (mutex_.AwaitWithTimeout(absl::Condition(&holds), absl::Seconds(20))) {
      return ::testing::AssertionSuccess();
    }
    auto failure = ::testing::AssertionFailure() << "not within 20 s; received:\n";
    for (const v1::WorkerMessage& message : received_)
      failure << message.ShortDebugString() << "\n";
    return failure;
  }
  ::testing::AssertionResult WaitForCount(v1::WorkerMessage::BodyCase kind, int count) {
    return WaitFor([=](const auto& messages) { return Count(messages, kind) >= count; });
  }
  static int Count(const std::vector<v1::WorkerMessage>& messages,
                   v1::WorkerMessage::BodyCase kind) {
    int count = 0;
    for (const v1::WorkerMessage& message : messages) count += message.body_case() == kind;
    return count;
  }
  std::vector<v1::WorkerMessage> received() {
    absl::MutexLock lock(&mutex_);
    return received_;
  }

  grpc::Status Connect(grpc::ServerContext* context, Stream* stream) override {
    {
      absl::MutexLock lock(&mutex_);
      stream_ = stream;
      requested_ = 0;
    }
    v1::WorkerMessage message;
    while (stream->Read(&message)) {
      absl::MutexLock lock(&mutex_);
      received_.push_back(message);
      if (!Answer(message, stream)) {
        stream_ = nullptr;
        return grpc::Status(grpc::StatusCode::UNAVAILABLE, "broken by the test");
      }
    }
    absl::MutexLock lock(&mutex_);
    if (stream_ == stream) stream_ = nullptr;
    return grpc::Status::OK;
  }

 private:
  bool Answer(const v1::WorkerMessage& message, Stream* stream) {
    v1::CoordinatorMessage answer;
    switch (message.body_case()) {
      case v1::WorkerMessage::kHello:
        if (silent_) return true;
        answer.mutable_welcome()->set_lease_seconds(0.3);
        break;
      case v1::WorkerMessage::kLeaseRequest:
        requested_ = message.lease_request().leases();
        Grant();
        return true;
      case v1::WorkerMessage::kResult:
      case v1::WorkerMessage::kFailure:
        if (std::exchange(break_at_report_, false)) return false;
        *answer.mutable_ack()->mutable_lease() =
            message.has_result() ? message.result().lease() : message.failure().lease();
        answer.mutable_ack()->set_outcome(NextOutcome());
        break;
      default:
        return true;
    }
    stream->Write(answer);
    return true;
  }
  v1::CommitOutcome NextOutcome() {
    if (outcomes_.empty()) return v1::COMMIT_OUTCOME_ACCEPTED;
    const v1::CommitOutcome outcome = outcomes_.front();
    outcomes_.pop_front();
    return outcome;
  }
  void Grant() {
    while (stream_ != nullptr && requested_ > 0 && !leases_.empty()) {
      v1::CoordinatorMessage message;
      *message.mutable_grant() = ToProto(leases_.front());
      leases_.pop_front();
      --requested_;
      stream_->Write(message);
    }
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  absl::Mutex mutex_;
  Stream* stream_ = nullptr;
  int requested_ = 0;
  bool silent_ = false;
  bool break_at_report_ = false;
  std::deque<Lease> leases_;
  std::deque<v1::CommitOutcome> outcomes_;
  std::vector<v1::WorkerMessage> received_;
};

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_SESSION_FAKE_COORDINATOR_H_
