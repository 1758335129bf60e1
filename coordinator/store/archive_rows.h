// Internal to the store: all rows of a job, in an order that is always the same.
#ifndef ASSAY_COORDINATOR_STORE_ARCHIVE_ROWS_H_
#define ASSAY_COORDINATOR_STORE_ARCHIVE_ROWS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "coordinator/store/connection.h"
#include "coordinator/store/job_archive.h"

namespace assay {

// The tables with rows of jobs, each after those that it refers to.
std::vector<std::string> ArchiveTables();

// How many rows of the job each of them has.
std::vector<TableRowCount> CountArchiveRows(pqxx::work& tx, int64_t job_id);

// Hands all rows of the job to `take`, table by table in the order of their keys, a few hundred at
// a time; each table has at least one part, which may have no row. The transaction must see one
// moment only.
absl::Status ReadArchiveRows(pqxx::work& tx, int64_t job_id, const TakeArchiveRows& take);

// Deletes all rows of the job. Those of judges' orders for which it worked stay, with a note.
void DeleteArchiveRows(pqxx::work& tx, int64_t job_id);

// Stores rows as they were read. InvalidArgument for a table, a column or a number of values that
// does not fit.
class ArchiveRowWriter {
 public:
  explicit ArchiveRowWriter(pqxx::work* tx) : tx_(tx) {}
  absl::Status Write(const ArchiveRows& rows);

 private:
  pqxx::work* const tx_;
  size_t table_ = 0;  // of ArchiveTables(), that rows came of last
};

// Makes the job the one again that the judges' orders which it worked for name.
void RelinkJudgeOrders(pqxx::work& tx, int64_t job_id);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_ARCHIVE_ROWS_H_
