// A whole coordinator, reached over gRPC.
#ifndef ASSAY_TESTS_UNIT_COORDINATOR_SERVICE_SERVER_FIXTURE_H_
#define ASSAY_TESTS_UNIT_COORDINATOR_SERVICE_SERVER_FIXTURE_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <vector>

#include "assay/v1/evaluation_service.grpc.pb.h"
#include "assay/v1/worker_service.grpc.pb.h"
#include "common/rpc/channel.h"
#include "common/rpc/convert.h"
#include "coordinator/service/server.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {

class ServerTest : public CoordinatorTest {
 protected:
  ServerTest()
      : database_(url_, 16),
        server_(CoordinatorServer::Start(&database_, {.listen = "127.0.0.1:0"}).value()),
        channel_(MakeChannel(server_->address())),
        evaluation_(v1::EvaluationService::NewStub(channel_)) {}

  int64_t SubmitByRpc(int shard_items) {
    v1::SubmitJobRequest request;
    request.add_models("tiny");
    request.add_benchmarks("bbh");
    *request.mutable_settings() = ToProto(RunSettings());
    request.set_shard_items(shard_items);
    v1::SubmitJobResponse response;
    grpc::ClientContext context;
    const grpc::Status status = evaluation_->SubmitJob(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.job_id();
  }

  Database database_;
  std::unique_ptr<CoordinatorServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EvaluationService::Stub> evaluation_;
};

// A worker's end of the stream, driven by hand.
class WorkerStream {
 public:
  explicit WorkerStream(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::WorkerService::NewStub(channel)), stream_(stub_->Connect(&context_)) {}
  ~WorkerStream() {
    context_.TryCancel();
    if (!finished_) stream_->Finish();
  }

  void Send(const v1::WorkerMessage& message) { stream_->Write(message); }
  void Hello(const WorkerInfo& worker = SampleWorker()) {
    v1::WorkerMessage message;
    *message.mutable_hello() = ToProto(worker);
    Send(message);
  }
  void Request(int leases) {
    v1::WorkerMessage message;
    message.mutable_lease_request()->set_leases(leases);
    Send(message);
  }
  void Report(const v1::LeaseGrant& grant) {
    const Lease lease = FromProto(grant).value();
    v1::WorkerMessage message;
    *message.mutable_result()->mutable_lease() = grant.lease();
    for (const Prediction& prediction : RightAnswers(lease)) {
      *message.mutable_result()->add_predictions() = ToProto(prediction);
    }
    Send(message);
  }
  // The next message; empty when the stream ended.
  v1::CoordinatorMessage Next() {
    v1::CoordinatorMessage message;
    if (!stream_->Read(&message)) message.Clear();
    return message;
  }
  grpc::Status Finish() {
    finished_ = true;
    stream_->WritesDone();
    return stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>> stream_;
  bool finished_ = false;
};

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_COORDINATOR_SERVICE_SERVER_FIXTURE_H_
