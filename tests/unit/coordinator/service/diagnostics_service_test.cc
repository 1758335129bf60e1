#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "assay/v1/diagnostics_service.grpc.pb.h"
#include "common/base/version.h"
#include "common/rpc/timestamp.h"
#include "coordinator/store/migrator.h"
#include "tests/unit/coordinator/service/server_fixture.h"

namespace assay {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Pair;

v1::GetDiagnosticsResponse Ask(const std::shared_ptr<grpc::Channel>& channel) {
  v1::GetDiagnosticsResponse response;
  grpc::ClientContext context;
  const grpc::Status status =
      v1::DiagnosticsService::NewStub(channel)->GetDiagnostics(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

class DiagnosticsServiceTest : public ServerTest {};

TEST_F(DiagnosticsServiceTest, TellsOfTheDatabase) {
  Submit(2);
  GrantOne();
  ASSERT_TRUE(coordinator_.workers.Seen(SampleWorker()).ok());
  const v1::GetDiagnosticsResponse response = Ask(channel_);
  const int newest = EmbeddedMigrations().back().version;
  EXPECT_EQ(response.coordinator().version(), kVersion);
  EXPECT_EQ(response.coordinator().database_connections(), 16);
  EXPECT_EQ(response.coordinator().schema_version(), newest);
  const v1::DatabaseDiagnostics& database = response.database();
  EXPECT_GE(database.server_version_number(), 140000);
  EXPECT_EQ(database.schema_version(), newest);
  EXPECT_FALSE(database.read_only());
  EXPECT_GT(database.size_bytes(), 1 << 20);
  EXPECT_GE(database.connections(), 1);
  EXPECT_GT(database.transaction_age(), 0);
  // The tests' server is one that `assay doctor` warns of.
  EXPECT_THAT(database.settings(), Contains(Pair("fsync", "off")));
  EXPECT_THAT(database.settings(), Contains(Key("max_connections")));
  EXPECT_FALSE(database.has_archiver());
  EXPECT_GT(database.pending_shards(), 0);
  ASSERT_EQ(database.workers_size(), 1);
  EXPECT_TRUE(database.workers(0).connected());
  EXPECT_EQ(database.workers(0).worker().worker_id(), "worker-1");
  // Both clocks are this machine's.
  const absl::Duration difference =
      FromTimestamp(database.clock()) - FromTimestamp(database.coordinator_clock());
  EXPECT_LT(absl::AbsDuration(difference), absl::Seconds(1));
  EXPECT_LT(absl::AbsDuration(absl::Now() - FromTimestamp(response.coordinator().clock())),
            absl::Seconds(5));
}

TEST_F(DiagnosticsServiceTest, AnswersWithoutADatabase) {
  PostgresServer::Shared().Crash();
  const v1::GetDiagnosticsResponse response = Ask(channel_);
  PostgresServer::Shared().Start();
  EXPECT_EQ(response.coordinator().version(), kVersion);
  EXPECT_FALSE(response.has_database());
  EXPECT_NE(response.database_error(), "");
  EXPECT_EQ(response.database_error().find("postgresql://"), std::string::npos);
}

}  // namespace
}  // namespace assay
