#include "coordinator/security/token_authorizer.h"

#include <gtest/gtest.h>

#include "coordinator/security/new_token.h"
#include "coordinator/store/quota_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

class FakeClock final : public Clock {
 public:
  absl::Time Now() override { return now; }
  void Sleep(absl::Duration duration) override { now += duration; }
  absl::Time now = absl::Now();
};

class TokenAuthorizerTest : public CoordinatorTest {
 protected:
  TokenAuthorizerTest() : database_(url_, 4), tokens_(&database_) {}

  std::string Make(const std::string& name, RoleSet roles) {
    return CreateToken(tokens_, {.name = name, .user = name, .roles = roles, .created_by = "test"})
        .value();
  }

  Database database_;
  TokenStore tokens_;
  FakeClock clock_;
};

TEST_F(TokenAuthorizerTest, ATokenIsKeptAsADigestOnly) {
  const std::string text = Make("ann", {Role::kRead, Role::kSubmit});
  const ApiToken token = tokens_.List()->at(0);
  EXPECT_EQ(token.sha256.size(), 64);
  EXPECT_EQ(text.find(token.sha256), std::string::npos);
  EXPECT_EQ(token.user, "ann");
  EXPECT_EQ(token.roles.ToString(), "read,submit");
  EXPECT_EQ(token.last_used, absl::InfinitePast());
  TokenAuthorizer authorizer(&tokens_, &clock_, {});
  const Principal caller = authorizer.Authorize({.bearer_token = text}, Role::kRead, "x").value();
  EXPECT_EQ(caller.user, "ann");
  EXPECT_EQ(caller.token_id, token.token_id);
  EXPECT_NE(tokens_.List()->at(0).last_used, absl::InfinitePast());
  EXPECT_TRUE(absl::IsAlreadyExists(
      CreateToken(tokens_, {.name = "ann", .user = "x", .roles = {Role::kRead}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      CreateToken(tokens_, {.name = "a b", .user = "x", .roles = {Role::kRead}}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      CreateToken(tokens_, {.name = "b", .user = "anonymous", .roles = {Role::kRead}}).status()));
}

TEST_F(TokenAuthorizerTest, ARevocationActsWhenTheTokenIsLookedUpAgain) {
  const std::string text = Make("ann", {Role::kRead});
  TokenAuthorizer authorizer(&tokens_, &clock_, {});
  ASSERT_TRUE(authorizer.Authenticate({.bearer_token = text}).ok());
  ASSERT_TRUE(tokens_.Revoke("ann").ok());
  clock_.now += absl::Seconds(1);
  EXPECT_TRUE(authorizer.Authenticate({.bearer_token = text}).ok());
  clock_.now += absl::Seconds(1);
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer.Authenticate({.bearer_token = text}).status()));
  EXPECT_TRUE(absl::IsNotFound(tokens_.Revoke("bob")));
}

TEST_F(TokenAuthorizerTest, WithoutADatabaseWhatWasValidStillCountsForAWhile) {
  const std::string text = Make("ann", {Role::kRead});
  Database one(url_, 1);
  TokenStore tokens(&one);
  TokenAuthorizer authorizer(&tokens, &clock_, {});
  ASSERT_TRUE(authorizer.Authenticate({.bearer_token = text}).ok());
  // Whoever comes next waits for the only connection in vain.
  const absl::StatusOr<Database::Session> held = one.Acquire();
  ASSERT_TRUE(held.ok());
  clock_.now += absl::Minutes(14);
  EXPECT_TRUE(authorizer.Authenticate({.bearer_token = text}).ok());
}

TEST_F(TokenAuthorizerTest, UnknownTokensAreLookedUpSoOftenOnly) {
  TokenAuthorizer authorizer(&tokens_, &clock_, {.unknown_per_second = 3});
  const std::string unknown = "assay_0123456789abcdef_" + std::string(43, 'A');
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(
        absl::IsUnauthenticated(authorizer.Authenticate({.bearer_token = unknown}).status()));
  }
  EXPECT_TRUE(
      absl::IsResourceExhausted(authorizer.Authenticate({.bearer_token = unknown}).status()));
  clock_.now += absl::Seconds(1);
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer.Authenticate({.bearer_token = unknown}).status()));
}

TEST_F(TokenAuthorizerTest, ACertificatesUrisAreItsRoles) {
  TokenAuthorizer authorizer(&tokens_, &clock_, {});
  const Credentials worker{.certificate_name = "worker-1",
                           .certificate_uris = {"spiffe://x/y", "assay:role:worker"}};
  EXPECT_EQ(authorizer.Authorize(worker, Role::kWorker, "x")->user, "worker-1");
  EXPECT_TRUE(absl::IsPermissionDenied(authorizer.Authorize(worker, Role::kSubmit, "x").status()));
  const Credentials none{.certificate_name = "ann", .certificate_uris = {"assay:role:root"}};
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer.Authenticate(none).status()));
  // A wrong token is not made good by a certificate.
  Credentials both = worker;
  both.bearer_token = "garbage";
  EXPECT_TRUE(absl::IsUnauthenticated(authorizer.Authenticate(both).status()));
}

TEST_F(TokenAuthorizerTest, WhoShowsNothingIsLetInWhereThatIsAllowed) {
  TokenAuthorizer open(&tokens_, &clock_, {.allow_anonymous = true});
  EXPECT_EQ(open.Authorize({}, Role::kAdmin, "x")->user, kAnonymousUser);
  EXPECT_TRUE(absl::IsUnauthenticated(open.Authenticate({.bearer_token = "wrong"}).status()));
  TokenAuthorizer closed(&tokens_, &clock_, {});
  EXPECT_TRUE(absl::IsUnauthenticated(closed.Authenticate({}).status()));
}

TEST_F(TokenAuthorizerTest, PatternsMeanMethods) {
  const std::string method = "assay.v1.EvaluationService/GetJob";
  for (const char* pattern : {"GetJob", "Get*", "*", "assay.v1.EvaluationService/GetJob",
                              "assay.v1.EvaluationService/*"}) {
    EXPECT_TRUE(MatchesMethod(pattern, method)) << pattern;
  }
  for (const char* pattern : {"Job", "GetJobs", "getjob", "", "assay.v1.AdminService/*"}) {
    EXPECT_FALSE(MatchesMethod(pattern, method)) << pattern;
  }
}

TEST_F(TokenAuthorizerTest, LimitsAreEachUsersOrEverybodys) {
  QuotaStore quotas(&database_);
  EXPECT_TRUE(CheckQuota(quotas.Get("ann").value(), 1'000'000).ok());
  ASSERT_TRUE(quotas.Set({.user = "*", .open_jobs = 0}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(CheckQuota(quotas.Get("ann").value(), 1)));
  ASSERT_TRUE(quotas.Set({.user = "ann", .queued_items = 10}).ok());
  EXPECT_TRUE(CheckQuota(quotas.Get("ann").value(), 10).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(CheckQuota(quotas.Get("ann").value(), 11)));
  EXPECT_TRUE(absl::IsResourceExhausted(CheckQuota(quotas.Get("bob").value(), 1)));
  EXPECT_EQ(quotas.List()->size(), 2);
  ASSERT_TRUE(quotas.Set({.user = "*"}).ok());
  EXPECT_TRUE(CheckQuota(quotas.Get("bob").value(), 1).ok());
}

}  // namespace
}  // namespace assay
