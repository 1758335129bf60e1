// Whether a coordinator serves, by gRPC's health service.
#ifndef ASSAY_CLIENT_DOCTOR_HEALTH_H_
#define ASSAY_CLIENT_DOCTOR_HEALTH_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace assay {

// Asks grpc.health.v1.Health/Check. Ok when the server serves; Unavailable when it does not, or
// does not answer within `patience`.
absl::Status CheckHealth(const std::shared_ptr<grpc::Channel>& channel, absl::Duration patience);

}  // namespace assay

#endif  // ASSAY_CLIENT_DOCTOR_HEALTH_H_
