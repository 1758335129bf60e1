#include "client/exchange/table.h"

#include <array>
#include <utility>

#include "client/exchange/tables.h"

namespace assay {

absl::string_view TableFormatName(TableFormat format) {
  static constexpr std::array<absl::string_view, 3> kNames = {"csv", "json", "parquet"};
  return kNames[static_cast<size_t>(format)];
}

absl::string_view TableFileEnding(TableFormat format) {
  return format == TableFormat::kJson ? "jsonl" : TableFormatName(format);
}

absl::StatusOr<std::unique_ptr<TableWriter>> CreateTable(TableFormat format,
                                                         const std::string& path,
                                                         std::vector<TableColumn> columns) {
  switch (format) {
    case TableFormat::kCsv:
      return CreateCsvTable(path, std::move(columns));
    case TableFormat::kParquet:
      return CreateParquetTable(path, std::move(columns));
    case TableFormat::kJson:
      break;
  }
  return CreateJsonTable(path, std::move(columns));
}

absl::StatusOr<std::unique_ptr<TableReader>> OpenTable(TableFormat format, const std::string& path,
                                                       std::vector<TableColumn> columns) {
  switch (format) {
    case TableFormat::kCsv:
      return OpenCsvTable(path, std::move(columns));
    case TableFormat::kParquet:
      return OpenParquetTable(path, std::move(columns));
    case TableFormat::kJson:
      break;
  }
  return OpenJsonTable(path, std::move(columns));
}

}  // namespace assay
