#include "client/commands/service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/channel.h"
#include "common/rpc/convert.h"

namespace assay {
Service::Service(std::string address)
    : address_(std::move(address)),
      channel_(MakeChannel(address_)),
      stub_(v1::EvaluationService::NewStub(channel_)) {}

absl::Status Service::Explain(const grpc::Status& status) const {
  absl::Status result = FromGrpcStatus(status);
  // With a connection, the answer came from the coordinator itself (its database is away, say).
  if (absl::IsUnavailable(result) &&
      channel_->GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_READY) {
    return absl::UnavailableError(absl::StrCat("cannot reach the coordinator at ", address_,
                                               ": start one with `assay up`, or name another with "
                                               "--coordinator HOST:PORT"));
  }
  if (absl::IsDeadlineExceeded(result)) {
    return absl::DeadlineExceededError(
        absl::StrCat("the coordinator at ", address_, " did not answer in time"));
  }
  return result;
}

}  // namespace assay
