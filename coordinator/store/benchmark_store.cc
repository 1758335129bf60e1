#include "coordinator/store/benchmark_store.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

// Additions and removals wait for each other, so that what one looked at stays true for it.
constexpr char kLock[] = "LOCK TABLE benchmarks IN SHARE ROW EXCLUSIVE MODE";

constexpr char kColumns[] =
    "SELECT b.name, b.version, b.description, b.sha256, extract(epoch FROM b.added), "
    "  (SELECT count(*) FROM runs r WHERE r.benchmark_sha256 = b.sha256), %s FROM benchmarks b ";

constexpr char kInsert[] =
    "INSERT INTO benchmarks (name, version, description, sha256, body) VALUES ($1, $2, $3, $4, $5)";
constexpr char kForeignDataset[] =
    "SELECT d.benchmark FROM dataset_names n JOIN datasets d USING (dataset_id) "
    "WHERE n.name = $1 AND d.benchmark <> $1";

constexpr char kUses[] =
    "SELECT b.version, count(*), min(r.job_id) FROM benchmarks b "
    "JOIN runs r ON r.benchmark_sha256 = b.sha256 "
    "WHERE b.name = $1 AND ($2 = 0 OR b.version = $2) GROUP BY b.version ORDER BY b.version LIMIT "
    "1";
constexpr char kDelete[] = "DELETE FROM benchmarks WHERE name = $1 AND ($2 = 0 OR version = $2)";
constexpr char kDeleteNames[] =
    "DELETE FROM dataset_names WHERE dataset_id IN "
    "(SELECT dataset_id FROM datasets WHERE benchmark = $1)";
constexpr char kDeleteItems[] =
    "DELETE FROM items WHERE dataset_id IN (SELECT dataset_id FROM datasets WHERE benchmark = $1)";

std::string Select(absl::string_view body, absl::string_view rest) {
  std::string columns(kColumns);
  columns.replace(columns.find("%s"), 2, std::string(body));
  return absl::StrCat(columns, rest);
}
// With the text, and without.
constexpr char kBody[] = "b.body";
constexpr char kNoBody[] = "''";

StoredBenchmark ReadBenchmark(const pqxx::row& row) {
  StoredBenchmark benchmark;
  benchmark.name = row[0].c_str();
  benchmark.version = row[1].as<int>();
  benchmark.description = row[2].c_str();
  benchmark.sha256 = row[3].c_str();
  benchmark.added = DecodeTime(row[4], absl::InfinitePast());
  benchmark.runs = row[5].as<int64_t>();
  benchmark.text = DecodeBytes(row[6].c_str());
  return benchmark;
}

absl::Status NoSuchVersion(const std::string& name, int version) {
  return absl::NotFoundError(
      version == 0 ? absl::StrCat("there is no benchmark \"", name, "\" that a user has added")
                   : absl::StrCat("there is no version ", version, " of a benchmark \"", name,
                                  "\" that a user has added"));
}

}  // namespace

absl::StatusOr<bool> BenchmarkStore::Add(const StoredBenchmark& benchmark) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<bool> {
    tx.exec(kLock);
    if (!tx.exec_params("SELECT 1 FROM benchmarks WHERE sha256 = $1", benchmark.sha256).empty()) {
      return true;
    }
    const int latest =
        tx.exec_params1("SELECT coalesce(max(version), 0) FROM benchmarks WHERE name = $1",
                        benchmark.name)[0]
            .as<int>();
    if (benchmark.version <= latest) {
      return absl::AlreadyExistsError(absl::StrCat("benchmark \"", benchmark.name,
                                                   "\" is there in version ", latest,
                                                   " with another text; runs keep what they were "
                                                   "planned with, so give the new text version ",
                                                   latest + 1));
    }
    const pqxx::result foreign = tx.exec_params(kForeignDataset, benchmark.name);
    if (!foreign.empty()) {
      return absl::AlreadyExistsError(absl::StrCat("the name \"", benchmark.name,
                                                   "\" is that of a data set of benchmark ",
                                                   foreign[0][0].c_str(), "; choose another"));
    }
    tx.exec_params(kInsert, benchmark.name, benchmark.version, benchmark.description,
                   benchmark.sha256, EncodeBytes(benchmark.text));
    RecordEvent(tx, {.kind = "benchmark_added",
                     .message = absl::StrCat(benchmark.name, " version ", benchmark.version)});
    return false;
  });
}

absl::StatusOr<std::vector<StoredBenchmark>> BenchmarkStore::List() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<StoredBenchmark>> {
    std::vector<StoredBenchmark> benchmarks;
    for (const auto& row : tx.exec(Select(kNoBody, "ORDER BY b.name COLLATE \"C\", b.version"))) {
      benchmarks.push_back(ReadBenchmark(row));
    }
    return benchmarks;
  });
}

absl::StatusOr<StoredBenchmark> BenchmarkStore::Find(const std::string& name, int version) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<StoredBenchmark> {
    const pqxx::result rows =
        tx.exec_params(Select(kBody,
                              "WHERE b.name = $1 AND ($2 = 0 OR b.version = $2) "
                              "ORDER BY b.version DESC LIMIT 1"),
                       name, version);
    if (rows.empty()) return NoSuchVersion(name, version);
    return ReadBenchmark(rows[0]);
  });
}

absl::StatusOr<StoredBenchmark> BenchmarkStore::FindBySha256(const std::string& sha256) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<StoredBenchmark> {
    const pqxx::result rows = tx.exec_params(Select(kBody, "WHERE b.sha256 = $1"), sha256);
    if (rows.empty()) {
      return absl::NotFoundError(absl::StrCat("there is no benchmark with sha256 ", sha256));
    }
    return ReadBenchmark(rows[0]);
  });
}

absl::Status BenchmarkStore::Remove(const std::string& name, int version) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    tx.exec(kLock);
    const pqxx::result uses = tx.exec_params(kUses, name, version);
    if (!uses.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "version ", uses[0][0].c_str(), " of benchmark \"", name, "\" is used by ",
          uses[0][1].c_str(), " runs, of job ", uses[0][2].c_str(),
          " for example; results are of no use without what they are results of, so it stays"));
    }
    if (tx.exec_params(kDelete, name, version).affected_rows() == 0) {
      return NoSuchVersion(name, version);
    }
    if (tx.exec_params("SELECT 1 FROM benchmarks WHERE name = $1", name).empty()) {
      tx.exec_params(kDeleteNames, name);
      tx.exec_params(kDeleteItems, name);
      tx.exec_params("DELETE FROM datasets WHERE benchmark = $1", name);
    }
    RecordEvent(tx, {.kind = "benchmark_removed",
                     .message = version == 0 ? name : absl::StrCat(name, " version ", version)});
    return absl::OkStatus();
  });
}

}  // namespace assay
