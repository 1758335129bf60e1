#include "coordinator/metrics/database_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <string>

#include "coordinator/store/job_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

TEST(OperationNameTest, IsTheFunctionsNameAlone) {
  EXPECT_EQ(OperationName("absl::debian3::StatusOr<assay::ClusterState> "
                          "assay::ShardStore::ReadState()"),
            "ShardStore::ReadState");
  EXPECT_EQ(OperationName("absl::StatusOr<std::vector<std::function<bool(int)> > > "
                          "assay::ShardStore::Lease(const assay::WorkerInfo&, int)"),
            "ShardStore::Lease");
  EXPECT_EQ(OperationName("absl::Status assay::{anonymous}::Store(assay::Database&)"), "Store");
  EXPECT_EQ(OperationName(""), "");
}

TEST(StatementNameTest, IsWhatIsDoneToWhichTable) {
  EXPECT_EQ(StatementName("SELECT a, (SELECT b FROM c) FROM jobs j JOIN runs USING (job_id)"),
            "SELECT jobs");
  EXPECT_EQ(StatementName("INSERT INTO shards (run_id) SELECT $1::bigint FROM picked"),
            "INSERT shards");
  EXPECT_EQ(
      StatementName("INSERT INTO workers (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = 1"),
      "INSERT workers");
  EXPECT_EQ(StatementName("WITH picked AS MATERIALIZED (SELECT 1 FROM shards FOR UPDATE) "
                          "UPDATE shards s SET state = 'x(' FROM picked WHERE true"),
            "UPDATE shards");
  EXPECT_EQ(StatementName("DELETE FROM jobs WHERE job_id = $1"), "DELETE jobs");
  EXPECT_EQ(StatementName("SELECT 1 FROM runs WHERE run_id = $1 FOR NO KEY UPDATE"), "SELECT runs");
  EXPECT_EQ(StatementName("LOCK TABLE jobs"), "LOCK");
}

class DatabaseMetricsTest : public CoordinatorTest {
 protected:
  DatabaseMetricsTest() { coordinator_.database.Observe(&metrics_); }
  ~DatabaseMetricsTest() override { coordinator_.database.Observe(nullptr); }
  std::string Text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

  prometheus::Registry registry_;
  DatabaseMetrics metrics_{&registry_};
};

TEST_F(DatabaseMetricsTest, TellsTimesByOperationAndStatement) {
  Submit(7);
  const Lease lease = GrantOne();
  EXPECT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kAccepted);
  EXPECT_FALSE(coordinator_.jobs.Cancel(999).ok());  // which is rolled back
  const std::string text = Text();
  EXPECT_THAT(text, ContainsRegex("assay_database_transaction_duration_seconds_count\\{operation="
                                  "\"JobStore::Submit\"\\} 1"));
  EXPECT_THAT(text, ContainsRegex("operation=\"ShardStore::ReadState\""));
  EXPECT_THAT(text, ContainsRegex("assay_database_statement_duration_seconds_count\\{statement="
                                  "\"UPDATE shards\"\\} [1-9]"));
  EXPECT_THAT(text, ContainsRegex("assay_database_rollbacks_total [1-9]"));
  EXPECT_THAT(text, ContainsRegex("assay_database_acquire_duration_seconds_count [1-9]"));
}

TEST_F(DatabaseMetricsTest, MoreJobsAreNoMoreSeries) {
  const auto lines = [&] {
    const std::string text = Text();
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto run = [&] {
    Submit(7);
    const Lease lease = GrantOne();
    EXPECT_TRUE(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).ok());
  };
  run();
  run();
  const auto before = lines();
  for (int i = 0; i < 5; ++i) run();
  EXPECT_EQ(lines(), before);
}

TEST_F(DatabaseMetricsTest, TheConnectionsAreThePools) {
  const auto session = coordinator_.database.Acquire();
  ASSERT_TRUE(session.ok());
  const std::string text =
      prometheus::TextSerializer().Serialize(ConnectionMetrics(&coordinator_.database).Collect());
  EXPECT_THAT(text, HasSubstr("assay_database_connections{state=\"in_use\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_database_connections{state=\"waited_for\"} 0\n"));
  EXPECT_THAT(text, ContainsRegex("assay_database_connections_limit [1-9]"));
}

}  // namespace
}  // namespace assay
