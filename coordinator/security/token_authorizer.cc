#include "coordinator/security/token_authorizer.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "coordinator/security/token.h"

namespace assay {
namespace {

constexpr absl::string_view kRoleUri = "assay:role:";
constexpr size_t kMostKnown = 10'000;

absl::Status NoSuchToken() {
  return absl::UnauthenticatedError(
      "the token is not valid: it is not known here, was revoked, or its time is over");
}

std::optional<Principal> FromCertificate(const Credentials& credentials) {
  if (credentials.certificate_name.empty()) return std::nullopt;
  Principal principal{.user = credentials.certificate_name};
  for (absl::string_view uri : credentials.certificate_uris) {
    if (!absl::ConsumePrefix(&uri, kRoleUri)) continue;
    const absl::StatusOr<Role> role = ParseRole(uri);
    if (role.ok()) principal.roles.Add(*role);
  }
  if (principal.roles.empty()) return std::nullopt;
  return principal;
}

Principal PrincipalOf(const ApiToken& token) {
  return {.user = token.user, .roles = token.roles, .token_id = token.token_id};
}

absl::Status CheckRole(const Principal& principal, Role role, absl::string_view method) {
  if (principal.roles.Allows(role)) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(method, " asks for the role \"", RoleName(role),
                                                  "\", and ", principal.user, " has \"",
                                                  principal.roles.ToString(), "\""));
}

}  // namespace

bool MatchesMethod(absl::string_view pattern, absl::string_view method) {
  const bool is_prefix = absl::ConsumeSuffix(&pattern, "*");
  const auto matches = [&](absl::string_view name) {
    return is_prefix ? absl::StartsWith(name, pattern) : name == pattern;
  };
  const size_t slash = method.rfind('/');
  return matches(method) || (slash != absl::string_view::npos && matches(method.substr(slash + 1)));
}

absl::StatusOr<Principal> TokenAuthorizer::Authenticate(const Credentials& credentials) {
  if (!credentials.bearer_token.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const ApiToken token, FindToken(credentials.bearer_token));
    return PrincipalOf(token);
  }
  if (std::optional<Principal> principal = FromCertificate(credentials)) return *principal;
  if (options_.allow_anonymous) return Principal{.user = kAnonymousUser, .roles = {Role::kAdmin}};
  return absl::UnauthenticatedError(
      "this coordinator asks for a token: name a file that holds one by --token-file, or set "
      "ASSAY_TOKEN; `assay token create` makes one");
}

absl::StatusOr<Principal> TokenAuthorizer::Authorize(const Credentials& credentials, Role role,
                                                     absl::string_view method) {
  if (credentials.bearer_token.empty()) {
    ASSAY_ASSIGN_OR_RETURN(Principal principal, Authenticate(credentials));
    ASSAY_RETURN_IF_ERROR(CheckRole(principal, role, method));
    return principal;
  }
  ASSAY_ASSIGN_OR_RETURN(const ApiToken token, FindToken(credentials.bearer_token));
  Principal principal = PrincipalOf(token);
  ASSAY_RETURN_IF_ERROR(CheckRole(principal, role, method));
  const bool is_in_scope =
      token.methods.empty() ||
      std::any_of(token.methods.begin(), token.methods.end(),
                  [method](const std::string& p) { return MatchesMethod(p, method); });
  if (is_in_scope) return principal;
  return absl::PermissionDeniedError(absl::StrCat("the token \"", token.name, "\" is limited to ",
                                                  absl::StrJoin(token.methods, ", "),
                                                  ", and not for ", method));
}

absl::StatusOr<ApiToken> TokenAuthorizer::FindToken(const std::string& text) {
  const std::string lookup = LookupOfToken(text);
  if (lookup.empty()) return NoSuchToken();
  ASSAY_ASSIGN_OR_RETURN(ApiToken token, Look(lookup));
  if (!SameDigest(Sha256Hex(text), token.sha256)) return NoSuchToken();
  return token;
}

absl::StatusOr<ApiToken> TokenAuthorizer::Look(const std::string& lookup) {
  const absl::Time now = clock_->Now();
  std::optional<Known> known;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = known_.find(lookup);
    if (found != known_.end()) known = found->second;
    if (!known.has_value() && !MayLook(now)) {
      return absl::ResourceExhaustedError("too many tokens are tried at once: try again");
    }
  }
  const auto counts = [&](absl::Duration age) {
    return known.has_value() && now < known->read + std::min(age, known->token.valid_for);
  };
  if (counts(options_.fresh)) return known->token;
  absl::StatusOr<ApiToken> token = tokens_->Find(lookup);
  if (absl::IsNotFound(token.status())) return NoSuchToken();
  if (!token.ok()) {
    // While the database is away: nothing can be changed without it.
    if (counts(options_.without_database)) return known->token;
    return token.status();
  }
  absl::MutexLock lock(&mutex_);
  if (token->valid_for <= absl::ZeroDuration()) {
    known_.erase(lookup);
    return NoSuchToken();
  }
  if (known_.size() >= kMostKnown) known_.clear();
  known_[lookup] = {*token, now};
  return token;
}

bool TokenAuthorizer::MayLook(absl::Time now) {
  if (now >= second_ + absl::Seconds(1) || now < second_) {
    second_ = now;
    looked_ = 0;
  }
  return looked_++ < options_.unknown_per_second;
}

}  // namespace assay
