#include "client/exchange/table.h"

#include <utility>

#include "client/exchange/tables.h"

namespace assay {

absl::string_view TableFormatName(TableFormat format) {
  return format == TableFormat::kCsv ? "csv" : "json";
}

absl::string_view TableFileEnding(TableFormat format) {
  return format == TableFormat::kCsv ? "csv" : "jsonl";
}

absl::StatusOr<std::unique_ptr<TableWriter>> CreateTable(TableFormat format,
                                                         const std::string& path,
                                                         std::vector<TableColumn> columns) {
  return format == TableFormat::kCsv ? CreateCsvTable(path, std::move(columns))
                                     : CreateJsonTable(path, std::move(columns));
}

absl::StatusOr<std::unique_ptr<TableReader>> OpenTable(TableFormat format, const std::string& path,
                                                       std::vector<TableColumn> columns) {
  return format == TableFormat::kCsv ? OpenCsvTable(path, std::move(columns))
                                     : OpenJsonTable(path, std::move(columns));
}

}  // namespace assay
