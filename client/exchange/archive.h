// A job's rows as files, from which it comes back as it was: archive.json and a Parquet file a
// table.
#ifndef ASSAY_CLIENT_EXCHANGE_ARCHIVE_H_
#define ASSAY_CLIENT_EXCHANGE_ARCHIVE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/retention_service.pb.h"
#include "client/exchange/table.h"
#include "common/base/row_digest.h"

namespace assay {

inline constexpr char kArchiveFile[] = "archive.json";

// Not thread-safe.
class ArchiveWriter {
 public:
  // Writes into `folder`, which is there and empty.
  explicit ArchiveWriter(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Add(const v1::ArchiveRows& rows);
  // Writes archive.json, and everything to the disk. DataLoss when the rows that came are not those
  // of the summary.
  absl::Status Finish(const v1::ArchiveSummary& summary);

 private:
  absl::Status EndTable();

  const std::string folder_;
  RowDigest digest_;
  v1::ArchiveRows table_;  // the columns of the one that is being written
  std::unique_ptr<TableWriter> writer_;
  std::vector<v1::ArchiveRows> tables_;
  std::vector<std::string> files_;
};

// The summary of an archive, and its tables' columns in the order of their rows.
struct Archive {
  std::string folder;
  v1::ArchiveSummary summary;
  std::vector<v1::ArchiveRows> tables;
};

// NotFound where there is none; errors name the file.
absl::StatusOr<Archive> OpenArchive(const std::string& folder);

// All rows in their order, a few hundred at a time. DataLoss, at the end, when they are not those
// that were archived.
absl::Status ReadArchive(const Archive& archive,
                         const std::function<absl::Status(const v1::ArchiveRows&)>& take);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_ARCHIVE_H_
