// A worker that computes nothing, for tests/bench/leaderboard: for each line on its standard input
// it leases a shard, answers it, and writes when the answer went out and when the coordinator had
// stored it, in seconds of the monotonic clock: {"items": 8, "sent": 1.5, "stored": 1.6}.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "assay/v1/worker_service.grpc.pb.h"
#include "common/base/version.h"
#include "common/rpc/channel.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Prediction Answer(const Item& item) {
  Prediction prediction;
  prediction.item_id = item.id;
  prediction.prompt = "as asked";
  prediction.prompt_sha256 = std::string(64, 'd');
  prediction.prompt_tokens = 100;
  prediction.output = item.target;
  prediction.output_token_ids = {1, 2};
  prediction.finish_reason = FinishReason::kStop;
  return prediction;
}

class BenchWorker {
 public:
  explicit BenchWorker(const std::string& coordinator)
      : stub_(v1::WorkerService::NewStub(MakeChannel(coordinator))),
        stream_(stub_->Connect(&context_)) {
    WorkerInfo worker;
    worker.worker_id = "leaderboard-bench";
    worker.hostname = "bench";
    worker.engine_version = std::string(kEngineVersion) + "/bench";
    worker.device = "cpu";
    worker.threads = 1;
    v1::WorkerMessage message;
    *message.mutable_hello() = ToProto(worker);
    stream_->Write(message);
  }

  // False when the stream broke.
  bool CommitOne() {
    v1::WorkerMessage request;
    request.mutable_lease_request()->set_leases(1);
    stream_->Write(request);
    v1::CoordinatorMessage answer;
    while (!answer.has_grant()) {
      if (!stream_->Read(&answer)) return false;
    }
    const absl::StatusOr<Lease> lease = FromProto(answer.grant());
    if (!lease.ok()) {
      std::cerr << lease.status() << "\n";
      return false;
    }
    v1::WorkerMessage report;
    *report.mutable_result()->mutable_lease() = answer.grant().lease();
    for (const Item& item : lease->items) {
      *report.mutable_result()->add_predictions() = ToProto(Answer(item));
    }
    const double sent = Now();
    stream_->Write(report);
    while (!answer.has_ack()) {
      if (!stream_->Read(&answer)) return false;
    }
    const double stored = Now();
    if (answer.ack().outcome() != v1::COMMIT_OUTCOME_ACCEPTED) {
      std::cerr << "the commit was not accepted: " << answer.ack().message() << "\n";
      return false;
    }
    std::cout << std::fixed << "{\"items\": " << lease->items.size() << ", \"sent\": " << sent
              << ", \"stored\": " << stored << "}\n"
              << std::flush;
    return true;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>> stream_;
};

int Main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: leaderboard_worker HOST:PORT\n";
    return 2;
  }
  BenchWorker worker(argv[1]);
  std::string line;
  while (std::getline(std::cin, line)) {
    if (!worker.CommitOne()) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) { return assay::Main(argc, argv); }
