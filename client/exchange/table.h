// Rows of named columns in files, written and read one by one.
#ifndef ASSAY_CLIENT_EXCHANGE_TABLE_H_
#define ASSAY_CLIENT_EXCHANGE_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/exchange/columns.h"

namespace assay {

enum class TableFormat { kCsv, kJson, kParquet };
absl::string_view TableFormatName(TableFormat format);  // "csv", "json", "parquet"
// The end of a file's name: "csv", "jsonl", "parquet".
absl::string_view TableFileEnding(TableFormat format);

struct TableColumn {
  std::string name;
  ColumnType type = ColumnType::kText;
};

// A value for each column, of its type or null.
using TableRow = std::vector<ExchangeJson>;

// Not thread-safe.
class TableWriter {
 public:
  virtual ~TableWriter() = default;
  virtual absl::Status Add(const TableRow& row) = 0;
  // The file is whole only after this.
  virtual absl::Status Finish() = 0;
};

// Not thread-safe. Errors name file and row (the line, where the file has lines).
class TableReader {
 public:
  virtual ~TableReader() = default;
  // False at the end. Every value is of its column's type or null; whether it is sensible is for
  // the caller to see.
  virtual absl::StatusOr<bool> Next(TableRow* row) = 0;
  // Of the latest row, for messages: "predictions.csv:12".
  virtual std::string Place() const = 0;
};

// The file is made, and must not exist.
absl::StatusOr<std::unique_ptr<TableWriter>> CreateTable(TableFormat format,
                                                         const std::string& path,
                                                         std::vector<TableColumn> columns);
// The columns are those that the file must have, in any order; a column that the file lacks is an
// error, one that is not asked for too.
absl::StatusOr<std::unique_ptr<TableReader>> OpenTable(TableFormat format, const std::string& path,
                                                       std::vector<TableColumn> columns);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_TABLE_H_
