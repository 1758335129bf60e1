#include "coordinator/security/new_token.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/security/token.h"

namespace assay {
namespace {

constexpr size_t kLongestName = 100;
constexpr size_t kMostMethods = 100;

bool IsOf(absl::string_view text, absl::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           others.find(c) != absl::string_view::npos;
  });
}

absl::Status CheckRequest(const TokenRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckPrincipalName("name", request.name));
  ASSAY_RETURN_IF_ERROR(CheckPrincipalName("user", request.user));
  if (request.user == kAnonymousUser) {
    return absl::InvalidArgumentError(
        absl::StrCat("user: \"", kAnonymousUser, "\" is whoever shows no token"));
  }
  if (request.roles.empty()) {
    return absl::InvalidArgumentError("roles: name one at least: read, submit, worker or admin");
  }
  if (request.lifetime <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("lifetime: must be positive");
  }
  if (request.methods.size() > kMostMethods) {
    return absl::InvalidArgumentError(absl::StrCat("methods: at most ", kMostMethods));
  }
  for (const std::string& method : request.methods) {
    if (!method.empty() && method.size() <= 2 * kLongestName && IsOf(method, "./*_ ")) continue;
    return absl::InvalidArgumentError(
        "methods: each is a method's name, \"GetJob\" or \"assay.v1.EvaluationService/GetJob\", or "
        "the beginning of one and \"*\"");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPrincipalName(absl::string_view field, absl::string_view name) {
  if (!name.empty() && name.size() <= kLongestName && IsOf(name, "-_.@")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, ": must have 1 to ", kLongestName,
                                                 " letters, digits and characters of \"-_.@\""));
}

absl::StatusOr<std::string> CreateToken(TokenStore& tokens, const TokenRequest& request) {
  ASSAY_RETURN_IF_ERROR(CheckRequest(request));
  ASSAY_ASSIGN_OR_RETURN(NewToken made, MakeToken());
  ApiToken token;
  token.name = request.name;
  token.lookup = made.lookup;
  token.sha256 = made.sha256;
  token.user = request.user;
  token.roles = request.roles;
  token.methods = request.methods;
  token.created_by = request.created_by;
  ASSAY_RETURN_IF_ERROR(tokens.Create(token, request.lifetime).status());
  return std::move(made.text);
}

}  // namespace assay
