// Making a token of the API: for the RPC, and for the first administrator's, which no RPC can make.
#ifndef ASSAY_COORDINATOR_SECURITY_NEW_TOKEN_H_
#define ASSAY_COORDINATOR_SECURITY_NEW_TOKEN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/domain/principal.h"
#include "coordinator/store/token_store.h"

namespace assay {

struct TokenRequest {
  std::string name = {};
  std::string user = {};
  RoleSet roles = {};
  std::vector<std::string> methods = {};  // empty: every method
  absl::Duration lifetime = absl::InfiniteDuration();
  std::string created_by = {};
};

// The token's text, to be shown once. InvalidArgument names the field that is not sensible;
// AlreadyExists when the name is taken.
absl::StatusOr<std::string> CreateToken(TokenStore& tokens, const TokenRequest& request);

// Names of users and tokens: 1 to 100 letters, digits and "-_.@", so that logs and lists can show
// them as they are.
absl::Status CheckPrincipalName(absl::string_view field, absl::string_view name);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SECURITY_NEW_TOKEN_H_
