#include "client/doctor/database_checks.h"

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/doctor/clock_check.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

constexpr char kDatabase[] = "database";
constexpr int kOldestVersion = 140000;
constexpr double kSlowSeconds = 0.02;
// PostgreSQL itself refuses to go on 3 million transactions before 2^31.
constexpr int64_t kOldTransactions = 1'500'000'000;

std::string Setting(const v1::DatabaseDiagnostics& database, const std::string& name) {
  const auto found = database.settings().find(name);
  return found == database.settings().end() ? "" : found->second;
}

int Number(const v1::DatabaseDiagnostics& database, const std::string& name) {
  int value = 0;
  return absl::SimpleAtoi(Setting(database, name), &value) ? value : 0;
}

Finding CheckVersion(const v1::DatabaseDiagnostics& database) {
  const std::string text =
      absl::StrCat("PostgreSQL ", database.server_version(), ", ",
                   absl::StrFormat("%.1f MiB", database.size_bytes() / 1048576.0));
  if (database.server_version_number() >= kOldestVersion) return {Level::kOk, kDatabase, text};
  return {Level::kProblem, kDatabase, text, "PostgreSQL 14 or newer is needed"};
}

Finding CheckSchema(const v1::DatabaseDiagnostics& database, int newest) {
  const int version = database.schema_version();
  if (version == newest) return {Level::kOk, kDatabase, absl::StrCat("schema version ", version)};
  return {Level::kWarning, kDatabase,
          absl::StrCat("schema version ", version, ", the newest coordinator has ", newest),
          "end the upgrade: replace the older coordinators, or start one of the newest version"};
}

Finding CheckConnections(const v1::DatabaseDiagnostics& database, int needed) {
  const int free = Number(database, "max_connections") -
                   Number(database, "superuser_reserved_connections") -
                   Number(database, "reserved_connections");
  const std::string text =
      absl::StrCat("max_connections leaves ", free, " to programs, the coordinators open ", needed,
                   " at most, ", database.connections(), " are open now");
  if (free < needed) {
    return {Level::kProblem, kDatabase, text,
            "raise max_connections (and restart PostgreSQL), or run fewer coordinators"};
  }
  if (free - database.connections() < 5) {
    return {Level::kWarning, kDatabase, text, "raise max_connections, and restart PostgreSQL"};
  }
  return {Level::kOk, kDatabase, text};
}

// A problem or a warning where a setting is off.
void ExpectOn(const v1::DatabaseDiagnostics& database, const char* name, Level level,
              const char* consequence, Findings* findings) {
  if (Setting(database, name) != "off") return;
  findings->push_back({level, kDatabase, absl::StrCat(name, " is off: ", consequence),
                       absl::StrCat("ALTER SYSTEM SET ", name, " = on; SELECT pg_reload_conf()")});
}

void CheckDurability(const v1::DatabaseDiagnostics& database, Findings* findings) {
  const size_t before = findings->size();
  ExpectOn(database, "fsync", Level::kProblem,
           "a crash of its machine can damage the whole database", findings);
  ExpectOn(
      database, "full_page_writes", Level::kProblem,
      "a crash of its machine can damage the database, unless its file system forbids torn pages",
      findings);
  ExpectOn(database, "synchronous_commit", Level::kWarning,
           "a crash loses what the last moments stored; it is computed again", findings);
  ExpectOn(database, "autovacuum", Level::kWarning,
           "tables grow, and queries get slower, without end", findings);
  ExpectOn(database, "track_counts", Level::kWarning, "autovacuum does not work without it",
           findings);
  if (Setting(database, "data_checksums") == "off") {
    findings->push_back({Level::kNote, kDatabase,
                         "data_checksums is off: a disk that returns wrong bytes goes unnoticed",
                         "pg_checksums --enable, while PostgreSQL is stopped"});
  }
  if (findings->size() == before) {
    findings->push_back({Level::kOk, kDatabase, "what is stored survives a crash of its machine"});
  }
}

Finding CheckArchive(const v1::DatabaseDiagnostics& database) {
  if (!database.has_archiver()) {
    return {
        Level::kNote, kDatabase, "write-ahead logs are not archived",
        "only whole dumps can be restored; docs/operations.md tells how to restore to any time"};
  }
  const v1::ArchiverDiagnostics& archiver = database.archiver();
  const bool fails = archiver.has_last_failed() &&
                     (!archiver.has_last_archived() || FromTimestamp(archiver.last_failed()) >
                                                           FromTimestamp(archiver.last_archived()));
  if (fails) {
    return {Level::kProblem, kDatabase,
            absl::StrCat("archiving its write-ahead logs fails (", archiver.failed(), " times)"),
            "see archive_command in PostgreSQL's log: until it works, logs fill the disk"};
  }
  return {Level::kOk, kDatabase, "write-ahead logs are archived"};
}

}  // namespace

Findings CheckDatabase(const v1::DatabaseDiagnostics& database, int needed_connections,
                       int newest_schema) {
  const double seconds = database.round_trip_seconds();
  Findings findings = {
      CheckVersion(database),
      CheckSchema(database, newest_schema),
      CheckClock(kDatabase, "its coordinator's",
                 FromTimestamp(database.clock()) - FromTimestamp(database.coordinator_clock()),
                 absl::Seconds(seconds / 2)),
      CheckConnections(database, needed_connections),
  };
  if (database.read_only()) {
    findings.push_back({Level::kProblem, kDatabase,
                        "takes no writes: a standby, or one that recovers",
                        "name the primary server in --database (target_session_attrs=read-write)"});
  }
  if (seconds > kSlowSeconds) {
    findings.push_back(
        {Level::kWarning, kDatabase,
         absl::StrFormat("answers the coordinator in %.0f ms", seconds * 1000),
         "run coordinators near the database: each commit takes several round trips"});
  }
  if (database.transaction_age() > kOldTransactions) {
    findings.push_back({Level::kProblem, kDatabase,
                        absl::StrCat("its oldest transaction is ", database.transaction_age(),
                                     " old, and at 2,147,483,648 it stops"),
                        "VACUUM FREEZE, and find out why autovacuum does not get there"});
  }
  CheckDurability(database, &findings);
  const std::string timeout = Setting(database, "statement_timeout");
  if (!timeout.empty() && timeout != "0") {
    findings.push_back({Level::kNote, kDatabase, absl::StrCat("statement_timeout is ", timeout),
                        "it must be longer than an import of a large data set takes"});
  }
  findings.push_back(CheckArchive(database));
  return findings;
}

}  // namespace assay
