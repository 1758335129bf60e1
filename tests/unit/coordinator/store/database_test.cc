#include "coordinator/store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "absl/time/clock.h"
#include "coordinator/store/transaction.h"
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

int BackendOf(Database& database) {
  return Transact(database,
                  [](pqxx::work& tx) -> absl::StatusOr<int> {
                    return tx.exec1("SELECT pg_backend_pid()")[0].as<int>();
                  })
      .value();
}

TEST_F(DatabaseTest, AConnectionOnWhichNothingMovesIsGivenUp) {
  Database database(url_, 2, {.in_use = absl::Seconds(1), .period = absl::Milliseconds(200)});
  const int backend = BackendOf(database);
  EXPECT_EQ(BackendOf(database), backend);
  ASSERT_EQ(kill(backend, SIGSTOP), 0);
  const absl::Time begin = absl::Now();
  // What it was sent is not answered; it is tried again over another connection.
  EXPECT_NE(BackendOf(database), backend);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
  kill(backend, SIGCONT);
}

TEST_F(DatabaseTest, WhatTheServerWorksOnForLongIsLeftAlone) {
  Database database(url_, 2,
                    {.in_use = absl::Milliseconds(300), .period = absl::Milliseconds(100)});
  const int backend = BackendOf(database);
  EXPECT_TRUE(Transact(database, [](pqxx::work& tx) {
                tx.exec("SELECT pg_sleep(1)");
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(BackendOf(database), backend);
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
