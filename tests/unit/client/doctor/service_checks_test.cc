// What is found of coordinators, database and workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "client/doctor/coordinator_checks.h"
#include "client/doctor/database_checks.h"
#include "client/doctor/worker_checks.h"
#include "common/base/version.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

MATCHER_P2(Says, level, text, "") {
  return arg.level == level && arg.text.find(text) != std::string::npos;
}

CoordinatorAnswer GoodAnswer() {
  CoordinatorAnswer answer;
  answer.address = "127.0.0.1:7420";
  answer.asked = kNow;
  answer.answered = kNow + absl::Milliseconds(10);
  v1::CoordinatorDiagnostics& coordinator = *answer.response.mutable_coordinator();
  coordinator.set_version(kVersion);
  coordinator.set_schema_version(30);
  coordinator.set_database_connections(16);
  SetTimestamp(kNow + absl::Milliseconds(5), coordinator.mutable_clock());
  answer.response.mutable_database();
  return answer;
}

v1::DatabaseDiagnostics GoodDatabase() {
  v1::DatabaseDiagnostics database;
  database.set_server_version_number(150018);
  database.set_server_version("15.18");
  database.set_schema_version(30);
  database.set_round_trip_seconds(0.0002);
  database.set_connections(4);
  SetTimestamp(kNow, database.mutable_clock());
  SetTimestamp(kNow, database.mutable_coordinator_clock());
  auto& settings = *database.mutable_settings();
  settings["max_connections"] = "100";
  settings["superuser_reserved_connections"] = "3";
  for (const char* name : {"fsync", "full_page_writes", "synchronous_commit", "autovacuum",
                           "track_counts", "data_checksums", "archive_mode"}) {
    settings[name] = "on";
  }
  settings["statement_timeout"] = "0";
  database.mutable_archiver()->set_archived(7);
  SetTimestamp(kNow, database.mutable_archiver()->mutable_last_archived());
  v1::DatabaseWorker& worker = *database.add_workers();
  worker.set_connected(true);
  worker.mutable_worker()->set_worker_id("node1-1");
  worker.mutable_worker()->set_engine_version("2/avx512");
  worker.mutable_worker()->set_device("cpu");
  worker.mutable_worker()->set_sandbox("namespaces");
  return database;
}

TEST(CoordinatorChecksTest, GoodOnesAreGood) {
  const std::vector<CoordinatorAnswer> answers = {GoodAnswer(), GoodAnswer()};
  EXPECT_THAT(CheckCoordinators(answers), Each(Field(&Finding::level, Level::kOk)));
  EXPECT_THAT(CheckCoordinators({answers.data(), 1}), Contains(Says(Level::kNote, "there is one")));
}

TEST(CoordinatorChecksTest, TellsWhatIsWrong) {
  const auto check = [](const std::function<void(CoordinatorAnswer&)>& change) {
    CoordinatorAnswer answer = GoodAnswer();
    change(answer);
    return CheckCoordinators({answer});
  };
  EXPECT_THAT(check([](auto& answer) { answer.status = absl::UnavailableError("refused"); }),
              Contains(Says(Level::kProblem, "does not answer: refused")));
  EXPECT_THAT(check([](auto& answer) { answer.status = absl::UnimplementedError("what?"); }),
              Contains(Says(Level::kWarning, "older version")));
  EXPECT_THAT(
      check([](auto& answer) { answer.response.mutable_coordinator()->set_version("0.0.9"); }),
      Contains(Says(Level::kWarning, "version 0.0.9")));
  EXPECT_THAT(check([](auto& answer) { answer.address = "node:7420"; }),
              Contains(Says(Level::kWarning, "not encrypted")));
  EXPECT_THAT(check([](auto& answer) {
                answer.address = "node:7420";
                answer.encrypted = true;
              }),
              Not(Contains(Field(&Finding::text, HasSubstr("not encrypted")))));
  EXPECT_THAT(check([](auto& answer) {
                answer.response.clear_database();
                answer.response.set_database_error("no route");
              }),
              Contains(Says(Level::kProblem, "no route")));
  EXPECT_THAT(check([](auto& answer) { answer.certificate = "nonsense"; }),
              Contains(Says(Level::kProblem, "no certificate")));
}

TEST(CoordinatorChecksTest, ComparesClocksAsFarAsTheWayAllows) {
  const auto level = [](absl::Duration offset, absl::Duration way) {
    CoordinatorAnswer answer = GoodAnswer();
    answer.answered = answer.asked + way;
    SetTimestamp(answer.asked + way / 2 + offset,
                 answer.response.mutable_coordinator()->mutable_clock());
    Level worst = Level::kOk;
    for (const Finding& finding : CheckCoordinators({answer, answer})) {
      worst = std::max(worst, finding.level);
    }
    return worst;
  };
  EXPECT_EQ(level(absl::Seconds(1), absl::Milliseconds(1)), Level::kOk);
  EXPECT_EQ(level(absl::Seconds(3), absl::Milliseconds(1)), Level::kWarning);
  EXPECT_EQ(level(absl::Seconds(3), absl::Seconds(4)), Level::kOk);
  EXPECT_EQ(level(-absl::Hours(1), absl::Milliseconds(1)), Level::kProblem);
}

TEST(CoordinatorChecksTest, TellsOfSeveralSchemas) {
  CoordinatorAnswer older = GoodAnswer();
  older.response.mutable_coordinator()->set_schema_version(29);
  EXPECT_THAT(CheckCoordinators({GoodAnswer(), older}),
              Contains(Says(Level::kWarning, "several schema versions: 29, 30")));
}

TEST(DatabaseChecksTest, AGoodOneIsGood) {
  EXPECT_THAT(CheckDatabase(GoodDatabase(), 32, 30), Each(Field(&Finding::level, Level::kOk)));
}

struct DatabaseCase {
  std::function<void(v1::DatabaseDiagnostics&)> change;
  Level level;
  const char* text;
};

TEST(DatabaseChecksTest, TellsWhatIsWrongAndWhatToDo) {
  const auto off = [](const char* name) {
    return [name](v1::DatabaseDiagnostics& d) { (*d.mutable_settings())[name] = "off"; };
  };
  const std::vector<DatabaseCase> cases = {
      {[](auto& d) { d.set_server_version_number(130011); }, Level::kProblem, "PostgreSQL"},
      {[](auto& d) { d.set_schema_version(29); }, Level::kWarning, "schema version 29"},
      {[](auto& d) { d.set_read_only(true); }, Level::kProblem, "takes no writes"},
      {[](auto& d) { (*d.mutable_settings())["max_connections"] = "30"; }, Level::kProblem,
       "leaves 27 to programs, the coordinators open 32"},
      {[](auto& d) { d.set_connections(95); }, Level::kWarning, "95 are open now"},
      {[](auto& d) { d.set_round_trip_seconds(0.2); }, Level::kWarning, "200 ms"},
      {[](auto& d) { d.set_transaction_age(1'900'000'000); }, Level::kProblem,
       "oldest transaction"},
      {off("fsync"), Level::kProblem, "fsync is off"},
      {off("full_page_writes"), Level::kProblem, "full_page_writes is off"},
      {off("synchronous_commit"), Level::kWarning, "synchronous_commit is off"},
      {off("autovacuum"), Level::kWarning, "autovacuum is off"},
      {off("data_checksums"), Level::kNote, "data_checksums is off"},
      {[](auto& d) { d.clear_archiver(); }, Level::kNote, "not archived"},
      {[](auto& d) {
         d.mutable_archiver()->set_failed(3);
         SetTimestamp(kNow + absl::Seconds(1), d.mutable_archiver()->mutable_last_failed());
       },
       Level::kProblem, "archiving its write-ahead logs fails (3 times)"},
      {[](auto& d) { (*d.mutable_settings())["statement_timeout"] = "5s"; }, Level::kNote,
       "statement_timeout is 5s"},
      {[](auto& d) { SetTimestamp(kNow - absl::Hours(1), d.mutable_clock()); }, Level::kProblem,
       "its clock is 1h behind its coordinator's"},
  };
  for (const DatabaseCase& test : cases) {
    v1::DatabaseDiagnostics database = GoodDatabase();
    test.change(database);
    const Findings findings = CheckDatabase(database, 32, 30);
    EXPECT_THAT(findings,
                Contains(AllOf(Says(test.level, test.text), Field(&Finding::advice, Not("")))))
        << test.text;
    const auto bad = std::count_if(findings.begin(), findings.end(),
                                   [](const Finding& f) { return f.level != Level::kOk; });
    EXPECT_EQ(bad, 1) << test.text;
  }
}

TEST(DatabaseChecksTest, AnArchiverThatGotOverItsFailuresIsGood) {
  v1::DatabaseDiagnostics database = GoodDatabase();
  database.mutable_archiver()->set_failed(3);
  SetTimestamp(kNow - absl::Seconds(1), database.mutable_archiver()->mutable_last_failed());
  EXPECT_THAT(CheckDatabase(database, 32, 30), Each(Field(&Finding::level, Level::kOk)));
}

TEST(WorkerChecksTest, CountsThem) {
  v1::DatabaseDiagnostics database = GoodDatabase();
  database.add_workers()->mutable_worker()->set_engine_version("1/amx");  // gone
  EXPECT_THAT(CheckWorkers(database),
              testing::ElementsAre(Says(Level::kOk, "1 connected: 1 × cpu; 1 more")));
}

TEST(WorkerChecksTest, TellsWhatIsWrong) {
  v1::DatabaseDiagnostics database = GoodDatabase();
  v1::DatabaseWorker& other = *database.add_workers();
  other = database.workers(0);
  other.mutable_worker()->set_worker_id("node2-1");
  other.mutable_worker()->set_engine_version("2/avx2");
  other.mutable_worker()->set_sandbox("rlimits");
  database.set_overdue_leases(2);
  const Findings findings = CheckWorkers(database);
  EXPECT_THAT(findings, Contains(Says(Level::kNote, "1 × 2/avx2, 1 × 2/avx512")));
  EXPECT_THAT(findings, Contains(Says(Level::kWarning, "node2-1")));
  EXPECT_THAT(findings, Contains(Says(Level::kWarning, "2 leases")));
}

TEST(WorkerChecksTest, NoneIsAProblemWhereWorkWaits) {
  v1::DatabaseDiagnostics database = GoodDatabase();
  database.mutable_workers(0)->set_connected(false);
  EXPECT_THAT(CheckWorkers(database), Contains(Says(Level::kWarning, "none is connected")));
  database.set_pending_shards(5);
  EXPECT_THAT(CheckWorkers(database), Contains(Says(Level::kProblem, "5 shards wait")));
}

}  // namespace
}  // namespace assay
