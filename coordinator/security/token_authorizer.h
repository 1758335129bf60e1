// Authorizes by the tokens in the database, and by client certificates.
#ifndef ASSAY_COORDINATOR_SECURITY_TOKEN_AUTHORIZER_H_
#define ASSAY_COORDINATOR_SECURITY_TOKEN_AUTHORIZER_H_

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "coordinator/security/authorizer.h"
#include "coordinator/store/token_store.h"

namespace assay {

struct TokenAuthorizerOptions {
  // Who shows nothing is kAnonymousUser with every role; otherwise a token or a certificate is
  // needed.
  bool allow_anonymous = false;
  // A token is looked up again after this time, so that a revocation acts no later.
  absl::Duration fresh = absl::Seconds(2);
  // While the database is away, a token that was seen no longer ago still counts.
  absl::Duration without_database = absl::Minutes(15);
  // Tokens that are not known, looked up in a second at most; more are told to come again.
  int unknown_per_second = 100;
};

// Thread-safe. A certificate's roles are its URIs "assay:role:worker"; its user is its common name.
class TokenAuthorizer final : public Authorizer {
 public:
  // Both outlive this.
  TokenAuthorizer(TokenStore* tokens, Clock* clock, const TokenAuthorizerOptions& options)
      : tokens_(tokens), clock_(clock), options_(options) {}

  absl::StatusOr<Principal> Authenticate(const Credentials& credentials) override;
  absl::StatusOr<Principal> Authorize(const Credentials& credentials, Role role,
                                      absl::string_view method) override;

 private:
  struct Known {
    ApiToken token;
    absl::Time read;
  };

  absl::StatusOr<ApiToken> FindToken(const std::string& text);
  absl::StatusOr<ApiToken> Look(const std::string& lookup);
  bool MayLook(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  TokenStore* const tokens_;
  Clock* const clock_;
  const TokenAuthorizerOptions options_;
  absl::Mutex mutex_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);  // by lookup
  absl::Time second_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int looked_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Whether `method` ("assay.v1.EvaluationService/GetJob") is meant by `pattern`: a method's name
// with or without its service's, or the beginning of one and "*".
bool MatchesMethod(absl::string_view pattern, absl::string_view method);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SECURITY_TOKEN_AUTHORIZER_H_
