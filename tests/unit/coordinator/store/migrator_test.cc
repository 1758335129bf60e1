#include "coordinator/store/migrator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/store/database.h"
#include "tests/support/postgres/postgres_server.h"

namespace assay {
namespace {

using testing::HasSubstr;

constexpr Migration kFirst = {1, "0001_first",
                              "CREATE TABLE a (x integer); INSERT INTO a VALUES (1)"};
constexpr Migration kSecond = {2, "0002_second", "CREATE TABLE b (x integer)"};

class MigratorTest : public testing::Test {
 protected:
  const std::string url_ = PostgresServer::Shared().CreateDatabase();
  Database database_{url_, 4};
};

TEST_F(MigratorTest, AppliesTheProgramsOwnMigrationsOnce) {
  EXPECT_EQ(*Migrate(database_, EmbeddedMigrations()),
            static_cast<int>(EmbeddedMigrations().size()));
  EXPECT_EQ(*Migrate(database_, EmbeddedMigrations()), 0);
}

TEST_F(MigratorTest, AppliesWhatIsMissing) {
  EXPECT_EQ(*Migrate(database_, {kFirst}), 1);
  EXPECT_EQ(*Migrate(database_, {kFirst, kSecond}), 1);
}

TEST_F(MigratorTest, ProgramsThatMigrateAtOnceApplyEachMigrationOnce) {
  std::atomic<int> applied{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { applied += Migrate(database_, {kFirst, kSecond}).value_or(-100); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(applied, 2);
}

TEST_F(MigratorTest, RefusesAMigrationThatWasChangedAfterwards) {
  ASSERT_TRUE(Migrate(database_, {kFirst}).ok());
  constexpr Migration kChanged = {1, "0001_first", "CREATE TABLE a (x bigint)"};
  const absl::Status status = Migrate(database_, {kChanged}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), HasSubstr("0001_first was changed"));
}

TEST_F(MigratorTest, RefusesADatabaseThatIsNewerThanTheProgram) {
  ASSERT_TRUE(Migrate(database_, {kFirst, kSecond}).ok());
  const absl::Status status = Migrate(database_, {kFirst}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(status.message(), HasSubstr("newer than this program"));
}

// What a dump holds for hours, a migration that changes the table waits for; others go on.
TEST_F(MigratorTest, WaitsForALockedTableWithoutLockingOthersOut) {
  ASSERT_TRUE(Migrate(database_, {kFirst}).ok());
  constexpr Migration kChange = {2, "0002_change", "ALTER TABLE a ADD COLUMN y integer"};
  pqxx::connection connection(url_);
  auto dump = std::make_unique<pqxx::work>(connection);
  dump->exec("LOCK TABLE a IN ACCESS SHARE MODE");
  EXPECT_TRUE(
      absl::IsAborted(Migrate(database_, {kFirst, kChange}, absl::ZeroDuration()).status()));
  absl::StatusOr<int> applied = 0;
  std::thread migrates([&] { applied = Migrate(database_, {kFirst, kChange}); });
  pqxx::connection other(url_);
  absl::Duration longest = absl::ZeroDuration();
  const absl::Time begin = absl::Now();
  for (absl::Time now = begin; now < begin + absl::Seconds(2);) {
    pqxx::work(other).exec("SELECT count(*) FROM a");
    longest = std::max(longest, absl::Now() - now);
    now = absl::Now();
  }
  dump->abort();
  migrates.join();
  EXPECT_EQ(*applied, 1);
  EXPECT_LT(longest, absl::Seconds(1.9));
  pqxx::work(other).exec("SELECT y FROM a");
}

TEST_F(MigratorTest, AMigrationThatFailsLeavesNothing) {
  constexpr Migration kBroken = {2, "0002_broken", "CREATE TABLE b (x integer); SELECT 1 / 0"};
  EXPECT_FALSE(Migrate(database_, {kFirst, kBroken}).ok());
  // The table b would be in the way.
  EXPECT_EQ(*Migrate(database_, {kFirst, kSecond}), 1);
}

}  // namespace
}  // namespace assay
