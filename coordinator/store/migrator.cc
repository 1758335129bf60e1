#include "coordinator/store/migrator.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

// Any number that no other program of the database uses.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(7420, 1)";

// Whoever waits for a table's lock makes all wait that come later and use the table. A managed
// server may limit the time of statements.
constexpr char kLimits[] = "SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = 0";
constexpr absl::Duration kPause = absl::Seconds(1);

constexpr char kCreateTable[] =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "  version integer PRIMARY KEY,"
    "  name text NOT NULL,"
    "  sha256 text NOT NULL,"
    "  applied timestamptz NOT NULL DEFAULT now())";

struct Applied {
  std::string name;
  std::string sha256;
};

std::map<int, Applied> ReadApplied(pqxx::work& tx) {
  std::map<int, Applied> applied;
  for (const auto& row : tx.exec("SELECT version, name, sha256 FROM schema_migrations")) {
    applied[row[0].as<int>()] = {row[1].c_str(), row[2].c_str()};
  }
  return applied;
}

absl::Status CheckEncoding(pqxx::work& tx) {
  const std::string encoding = tx.exec1("SHOW server_encoding")[0].c_str();
  if (encoding == "UTF8") return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the database's encoding is ", encoding,
                   "; make one with UTF-8: createdb --template template0 --encoding UTF8 NAME"));
}

absl::Status CheckHistory(const std::map<int, Applied>& applied,
                          absl::Span<const Migration> migrations) {
  std::map<int, const Migration*> known;
  for (const Migration& migration : migrations) known[migration.version] = &migration;
  for (const auto& [version, row] : applied) {
    const auto found = known.find(version);
    if (found == known.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the database is newer than this program: it has migration ", row.name,
                       ", which this program does not know; run a newer assay-coordinator"));
    }
    if (row.sha256 != Sha256Hex(found->second->sql)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "migration ", row.name,
          " was changed after it was applied to this database; changes go into a new migration"));
    }
  }
  return absl::OkStatus();
}

// Applies the first migration that is missing; false when none is.
absl::StatusOr<bool> ApplyNext(pqxx::work& tx, absl::Span<const Migration> migrations) {
  tx.exec(kLock);
  ASSAY_RETURN_IF_ERROR(CheckEncoding(tx));
  tx.exec(kCreateTable);
  const std::map<int, Applied> applied = ReadApplied(tx);
  ASSAY_RETURN_IF_ERROR(CheckHistory(applied, migrations));
  for (const Migration& migration : migrations) {
    if (applied.count(migration.version) != 0) continue;
    tx.exec(kLimits);
    tx.exec(std::string(migration.sql));
    tx.exec_params("INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
                   migration.version, std::string(migration.name), Sha256Hex(migration.sql));
    return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<int> Migrate(Database& database, absl::Span<const Migration> migrations,
                            absl::Duration patience, Clock* clock) {
  const absl::Time end = clock->Now() + patience;
  for (int count = 0;;) {
    const absl::StatusOr<bool> applied =
        Transact(database, [&](pqxx::work& tx) { return ApplyNext(tx, migrations); });
    if (absl::IsAborted(applied.status()) && clock->Now() < end) {
      clock->Sleep(kPause);
      continue;
    }
    if (!applied.ok()) {
      return absl::Status(applied.status().code(),
                          absl::StrCat("migration of the database: ", applied.status().message()));
    }
    if (!*applied) return count;
    ++count;
  }
}

}  // namespace assay
