// Who calls an RPC, for its handler.
#ifndef ASSAY_COORDINATOR_SERVICE_CALLER_H_
#define ASSAY_COORDINATOR_SERVICE_CALLER_H_

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/statusor.h"
#include "common/domain/principal.h"

namespace assay {

// The caller that the server has let in, or the one of a ScopedCaller. Unauthenticated when the
// call's token ran out or was revoked in this very moment. Works for contexts of synchronous and of
// callback methods.
absl::StatusOr<Principal> CallerOf(const grpc::ServerContextBase& context);

// For calls of handlers that come by another way than gRPC: within its life, `caller`, which
// outlives it, is who calls on this thread.
class ScopedCaller {
 public:
  explicit ScopedCaller(const Principal& caller);
  ~ScopedCaller();
  ScopedCaller(const ScopedCaller&) = delete;
  ScopedCaller& operator=(const ScopedCaller&) = delete;
};

// Internal to the server: the metadata by which its interceptor tells handlers of the caller; what
// a client sends under this name is thrown away.
inline constexpr char kCallerMetadata[] = "assay-caller";
std::string EncodeCaller(const Principal& caller);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_CALLER_H_
