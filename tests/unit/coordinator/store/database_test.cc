#include "coordinator/store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;
using DatabaseTest = CoordinatorTest;

TEST_F(DatabaseTest, SaysThatItIsNotReachableAndRecoversByItself) {
  const int64_t job = Submit(7);
  Lease lease = GrantOne();
  PostgresServer::Shared().Crash();
  const absl::Status away = coordinator_.jobs.Get(job).status();
  EXPECT_TRUE(absl::IsUnavailable(away));
  EXPECT_THAT(away.message(), HasSubstr("the database is not reachable"));
  EXPECT_TRUE(
      absl::IsUnavailable(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).status()));
  PostgresServer::Shared().Start();
  // The lease outlived the outage.
  EXPECT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kAccepted);
  EXPECT_EQ(Run(job).items_done, 7);
}

TEST_F(DatabaseTest, ARestartBetweenTwoCallsIsNotNoticed) {
  const int64_t job = Submit(7);
  PostgresServer::Shared().Crash();
  PostgresServer::Shared().Start();
  EXPECT_TRUE(coordinator_.jobs.Get(job).ok());
}

TEST(DatabaseWaitTest, WaitsUntilTheTimeIsOver) {
  Database database("postgresql:///nothing?host=/nowhere", 1);
  int sleeps = 0;
  const absl::Status status =
      database.WaitUntilReachable(absl::Milliseconds(1), [&](absl::Duration) {
        ++sleeps;
        absl::SleepFor(absl::Milliseconds(2));
        return true;
      });
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_LE(sleeps, 2);
}

TEST(DatabaseWaitTest, GivesUpAtOnceOnAUrlThatCannotBeReadAndKeepsItsPassword) {
  Database database("postgresql://me:secret@[host/name", 1);
  const absl::Status status = database.WaitUntilReachable(
      absl::Seconds(60), [](absl::Duration) { return ADD_FAILURE(), false; });
  EXPECT_TRUE(absl::IsUnavailable(status));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
}

TEST(DatabaseWaitTest, StopsWhenItIsToldTo) {
  Database database("postgresql:///nothing?host=/nowhere", 1);
  EXPECT_TRUE(absl::IsCancelled(
      database.WaitUntilReachable(absl::Seconds(60), [](absl::Duration) { return false; })));
}

}  // namespace
}  // namespace assay
