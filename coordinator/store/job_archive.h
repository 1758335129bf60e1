// What is kept of jobs that have ended: everything, nothing but a tombstone, or an archive outside
// of the database, from which they come back as they were.
#ifndef ASSAY_COORDINATOR_STORE_JOB_ARCHIVE_H_
#define ASSAY_COORDINATOR_STORE_JOB_ARCHIVE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/row_digest.h"
#include "coordinator/store/database.h"

namespace assay {

struct TableRowCount {
  std::string table;
  int64_t rows = 0;
};

struct DeletionPlan {
  int64_t job_id = 0;
  std::string state;
  absl::Time submitted = absl::InfinitePast();
  std::vector<TableRowCount> tables;
  std::vector<std::string> models;    // of its runs, each once
  std::vector<std::string> datasets;  // likewise
};

struct ArchiveColumn {
  enum class Kind { kText, kInteger, kBoolean };
  std::string name;
  Kind kind = Kind::kText;
};

// Rows of one table. Values are as PostgreSQL writes them; a bytea that is UTF-8 and does not begin
// with "\x" is that text itself.
struct ArchiveRows {
  std::string table;
  std::vector<ArchiveColumn> columns;
  std::vector<std::vector<RowValue>> rows;
};
using TakeArchiveRows = std::function<absl::Status(const ArchiveRows&)>;
// The next rows, or nullopt at the end.
using NextArchiveRows = std::function<absl::StatusOr<std::optional<ArchiveRows>>()>;

struct ArchiveSummary {
  int64_t job_id = 0;
  std::string sha256;  // RowDigest of all rows
  std::vector<TableRowCount> tables;
  int schema = 0;  // the latest migration
};

// A job that is not there any more.
struct DeletedJob {
  int64_t job_id = 0;
  absl::Time deleted;
  std::string archive_sha256;  // empty: it was deleted for good
  std::string summary;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
// NotFound where there is no such job, FailedPrecondition where it has not ended, or where other
// jobs' judges rated its answers.
class JobArchive {
 public:
  explicit JobArchive(Database* database) : database_(database) {}

  absl::StatusOr<DeletionPlan> Plan(int64_t job_id);
  // Deletes the job with all its rows and leaves a tombstone and an event. With `archive_sha256`
  // only if its rows are the archive's: Aborted otherwise.
  absl::StatusOr<std::vector<TableRowCount>> Delete(int64_t job_id,
                                                    const std::string& archive_sha256);
  // All rows, to be archived. Ends with the first error of `take`.
  absl::StatusOr<ArchiveSummary> Read(int64_t job_id, const TakeArchiveRows& take);
  // Stores what `next` gives, under its old numbers. FailedPrecondition unless the job's tombstone
  // names just these rows; AlreadyExists when the job is there.
  absl::StatusOr<ArchiveSummary> Restore(int64_t job_id, const NextArchiveRows& next);
  // That were not restored since, the newest first.
  absl::StatusOr<std::vector<DeletedJob>> ListDeleted(int limit);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_JOB_ARCHIVE_H_
