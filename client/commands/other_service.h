// Calls to the coordinator's services beside the EvaluationService.
#ifndef ASSAY_CLIENT_COMMANDS_OTHER_SERVICE_H_
#define ASSAY_CLIENT_COMMANDS_OTHER_SERVICE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/commands/context.h"
#include "client/commands/service.h"
#include "grpcpp/grpcpp.h"

namespace assay {

// One call and its answer, for example
//   CallOf<v1::RatingService>(service, &v1::RatingService::Stub::GetCampaign, request).
// Not tried again.
template <typename Rpc, typename Request, typename Response>
absl::StatusOr<Response> CallOf(Service& service,
                                grpc::Status (Rpc::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                                const Request& request) {
  constexpr absl::Duration kDeadline = absl::Minutes(5);
  const std::unique_ptr<typename Rpc::Stub> stub = Rpc::NewStub(service.channel());
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kDeadline));
  Response response;
  const grpc::Status status = (stub.get()->*method)(&context, request, &response);
  if (!status.ok()) return service.Explain(status);
  return response;
}

// Over a connection of its own.
template <typename Rpc, typename Request, typename Response>
absl::StatusOr<Response> CallOf(const CommandContext& command,
                                grpc::Status (Rpc::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                                const Request& request) {
  Service service = command.Connect();
  return CallOf<Rpc>(service, method, request);
}

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_OTHER_SERVICE_H_
