// The connection to a coordinator.
#ifndef ASSAY_CLIENT_COMMANDS_SERVICE_H_
#define ASSAY_CLIENT_COMMANDS_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "assay/v1/evaluation_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace assay {

// Thread-safe.
class Service {
 public:
  // Connects at the first call.
  explicit Service(std::string address);

  v1::EvaluationService::Stub& stub() { return *stub_; }
  const std::string& address() const { return address_; }

  // One call and its answer, for example Call(&v1::EvaluationService::Stub::GetJob, request).
  // Unavailable tells how to start a coordinator when there is none.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::EvaluationService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return Explain(status);
    return response;
  }

  // A failed call's status for people.
  absl::Status Explain(const grpc::Status& status) const;

 private:
  static constexpr absl::Duration kDeadline = absl::Minutes(5);

  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::EvaluationService::Stub> stub_;
};

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_SERVICE_H_
