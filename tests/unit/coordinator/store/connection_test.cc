#include "coordinator/store/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "absl/time/clock.h"
#include "coordinator/store/transaction.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

class ConnectionTest : public CoordinatorTest {
 protected:
  int Backend() {
    return *Transact(database_, [](pqxx::work& tx) -> absl::StatusOr<int> {
      return tx.exec1("SELECT pg_backend_pid()")[0].as<int>();
    });
  }

  Database database_{url_, 1};
};

TEST_F(ConnectionTest, TheServerEndsWhatIsSilentInATransaction) {
  const auto limit = Transact(database_, [](pqxx::work& tx) -> absl::StatusOr<std::string> {
    return std::string(tx.exec1("SHOW idle_in_transaction_session_timeout")[0].c_str());
  });
  EXPECT_EQ(*limit, "20s");
  const int before = Backend();
  int runs = 0;
  const absl::Status silent = Transact(database_, [&](pqxx::work& tx) -> absl::Status {
    ++runs;
    tx.exec("SET LOCAL idle_in_transaction_session_timeout = '50ms'");
    absl::SleepFor(absl::Milliseconds(300));
    tx.exec("SELECT 1");
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsUnavailable(silent)) << silent;
  EXPECT_EQ(runs, 2);
  EXPECT_NE(Backend(), before);
}

TEST_F(ConnectionTest, ACopyThatBreaksOffIsAnOutage) {
  const absl::Status broken = Transact(database_, [&](pqxx::work& tx) -> absl::Status {
    tx.exec("CREATE TEMP TABLE copied (x text)");
    const std::string pid = tx.exec1("SELECT pg_backend_pid()")[0].c_str();
    const std::vector<std::string> columns = {"x"};
    pqxx::stream_to stream(tx, "copied", columns);
    Query("SELECT pg_terminate_backend(" + pid + ")");
    for (int i = 0; i < 100'000; ++i) stream << std::make_tuple(std::string(1000, 'x'));
    stream.complete();
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsUnavailable(broken)) << broken;
}

TEST_F(ConnectionTest, APrimaryThatHasBecomeAStandbyIsLeft) {
  const int before = Backend();
  const absl::Status standby = Transact(database_, [](pqxx::work& tx) -> absl::Status {
    tx.exec("SET TRANSACTION READ ONLY");
    tx.exec("UPDATE jobs SET finished = now()");
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsUnavailable(standby)) << standby;
  EXPECT_NE(Backend(), before);
}

}  // namespace
}  // namespace assay
