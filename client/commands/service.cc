#include "client/commands/service.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/channel.h"
#include "common/rpc/convert.h"

namespace assay {

Service::Service(std::string addresses) : addresses_(std::move(addresses)) {
  for (std::shared_ptr<grpc::Channel>& channel : MakeChannels(addresses_)) {
    std::unique_ptr<v1::EvaluationService::Stub> stub = v1::EvaluationService::NewStub(channel);
    endpoints_.push_back({std::move(channel), std::move(stub)});
  }
}

bool Service::Connects(grpc::Channel& channel) {
  const auto deadline = absl::ToChronoTime(absl::Now() + kConnectTime);
  while (true) {
    const grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return true;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return false;
    if (!channel.WaitForStateChange(state, deadline)) return false;
  }
}

Service::Endpoint& Service::Reach() {
  absl::MutexLock lock(&mutex_);
  for (size_t tried = 0; endpoints_.size() > 1 && tried < endpoints_.size(); ++tried) {
    if (Connects(*endpoints_[current_].channel)) break;
    current_ = (current_ + 1) % endpoints_.size();
  }
  return endpoints_[current_];
}

bool Service::IsGone(const Endpoint& endpoint, const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         endpoint.channel->GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_READY;
}

bool Service::WasReached() {
  return endpoints_.size() > 1 || endpoints_[0].channel->GetState(/*try_to_connect=*/false) !=
                                      GRPC_CHANNEL_TRANSIENT_FAILURE;
}

std::string Service::MakeKey() {
  absl::BitGen random;
  return absl::StrCat(absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16),
                      absl::Hex(absl::Uniform<uint64_t>(random), absl::kZeroPad16));
}

std::string Service::UserName() {
  for (const char* variable : {"ASSAY_USER", "USER", "LOGNAME"}) {
    const char* name = std::getenv(variable);
    if (name != nullptr && *name != '\0') return name;
  }
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

absl::Status Service::Explain(const grpc::Status& status) {
  absl::Status result = FromGrpcStatus(status);
  // With a connection, the answer came from the coordinator itself (its database is away, say).
  const bool connected =
      std::any_of(endpoints_.begin(), endpoints_.end(), [](const Endpoint& endpoint) {
        return endpoint.channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY;
      });
  if (absl::IsUnavailable(result) && !connected) {
    return absl::UnavailableError(absl::StrCat("cannot reach the coordinator at ", addresses_,
                                               ": start one with `assay up`, or name another with "
                                               "--coordinator HOST:PORT"));
  }
  if (absl::IsDeadlineExceeded(result)) {
    return absl::DeadlineExceededError(
        absl::StrCat("the coordinator at ", addresses_, " did not answer in time"));
  }
  return result;
}

}  // namespace assay
