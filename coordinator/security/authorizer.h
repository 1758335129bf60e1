// The one place that decides who may do what; gRPC's side and HTTP's ask it.
//
//   absl::StatusOr<Principal> caller = authorizer->Authorize(
//       {.bearer_token = token, .peer = peer}, Role::kRead,
//       "assay.v1.EvaluationService/ListJobs");
#ifndef ASSAY_COORDINATOR_SECURITY_AUTHORIZER_H_
#define ASSAY_COORDINATOR_SECURITY_AUTHORIZER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/principal.h"

namespace assay {

// What a caller shows. Empty: nothing.
struct Credentials {
  std::string bearer_token = {};  // without the word "Bearer"
  // Of a client certificate that the transport has verified.
  std::string certificate_name = {};
  std::vector<std::string> certificate_uris = {};
  std::string peer = {};  // address, for the log
};

// Thread-safe.
class Authorizer {
 public:
  virtual ~Authorizer() = default;

  // Who the caller is. A token counts before a certificate, and a wrong one is an error whatever
  // else is shown. Unauthenticated: nothing is shown where something must be, or the token is not
  // known, revoked or over; Unavailable: that cannot be told, the database is away. Messages hold
  // nothing of the token.
  virtual absl::StatusOr<Principal> Authenticate(const Credentials& credentials) = 0;

  // As Authenticate; PermissionDenied when the caller lacks `role`, or when the token is limited to
  // other methods. `method`: "assay.v1.EvaluationService/GetJob".
  virtual absl::StatusOr<Principal> Authorize(const Credentials& credentials, Role role,
                                              absl::string_view method) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SECURITY_AUTHORIZER_H_
