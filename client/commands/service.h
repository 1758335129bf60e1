// The connection to a coordinator.
#ifndef ASSAY_CLIENT_COMMANDS_SERVICE_H_
#define ASSAY_CLIENT_COMMANDS_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "assay/v1/evaluation_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace assay {

// Thread-safe. Where several addresses are named, with commas between them, it stays with one as
// long as that answers, and goes on to the next when it does not.
class Service {
 public:
  // Connects at the first call.
  explicit Service(std::string addresses);

  // Of a coordinator that is there, if one is.
  v1::EvaluationService::Stub& stub() { return *Reach().stub; }
  // Of that coordinator: for the stubs of other services.
  std::shared_ptr<grpc::Channel> channel() { return Reach().channel; }
  const std::string& address() const { return addresses_; }

  // One call and its answer, for example Call(&v1::EvaluationService::Stub::GetJob, request). Tried
  // with each coordinator until one is there; Unavailable tells how to start one when none is.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::EvaluationService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    for (size_t left = endpoints_.size();; --left) {
      Endpoint& endpoint = Reach();
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
      Response response;
      const grpc::Status status = (endpoint.stub.get()->*method)(&context, request, &response);
      if (status.ok()) return response;
      if (left <= 1 || !IsGone(endpoint, status)) return Explain(status);
    }
  }

  // Call of a method whose request has a submission_key and an owner: it is given both, and is sent
  // again for some seconds when its answer is lost. It is carried out once.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Submit(grpc::Status (v1::EvaluationService::Stub::*method)(
                                      grpc::ClientContext*, const Request&, Response*),
                                  Request request) {
    request.set_submission_key(MakeKey());
    request.set_owner(UserName());
    for (absl::Duration wait = kFirstRetry;; wait *= 2) {
      absl::StatusOr<Response> response = Call(method, request);
      if (!absl::IsUnavailable(response.status()) || wait > kLongestRetry || !WasReached()) {
        return response;
      }
      absl::SleepFor(wait);
    }
  }

  // A failed call's status for people.
  absl::Status Explain(const grpc::Status& status);

 private:
  struct Endpoint {
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::EvaluationService::Stub> stub;
  };

  static constexpr absl::Duration kDeadline = absl::Minutes(5);
  static constexpr absl::Duration kConnectTime = absl::Seconds(3);  // then the next one is tried
  static constexpr absl::Duration kFirstRetry = absl::Milliseconds(500);
  static constexpr absl::Duration kLongestRetry = absl::Seconds(4);

  // Waits until the channel is connected, or cannot be, or the time is over.
  static bool Connects(grpc::Channel& channel);
  // The present coordinator, or the next one that can be connected to. The only one is not waited
  // for: its call tells what is wrong.
  Endpoint& Reach();
  // Whether the call failed because there is no connection any more.
  static bool IsGone(const Endpoint& endpoint, const grpc::Status& status);
  // Whether any coordinator was ever there.
  bool WasReached();
  static std::string MakeKey();
  // ASSAY_USER, or else who the system says it is; empty where it does not say.
  static std::string UserName();

  const std::string addresses_;
  std::vector<Endpoint> endpoints_;
  absl::Mutex mutex_;
  size_t current_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_SERVICE_H_
