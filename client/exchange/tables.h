// Internal to the exchange: the tables' formats.
#ifndef ASSAY_CLIENT_EXCHANGE_TABLES_H_
#define ASSAY_CLIENT_EXCHANGE_TABLES_H_

#include <memory>
#include <string>
#include <vector>

#include "client/exchange/table.h"

namespace assay {

// RFC 4180 with a header. Lists are JSON; null is the empty field, and so is the empty text.
absl::StatusOr<std::unique_ptr<TableWriter>> CreateCsvTable(const std::string& path,
                                                            std::vector<TableColumn> columns);
absl::StatusOr<std::unique_ptr<TableReader>> OpenCsvTable(const std::string& path,
                                                          std::vector<TableColumn> columns);

// A JSON object a line, with every column.
absl::StatusOr<std::unique_ptr<TableWriter>> CreateJsonTable(const std::string& path,
                                                             std::vector<TableColumn> columns);
absl::StatusOr<std::unique_ptr<TableReader>> OpenJsonTable(const std::string& path,
                                                           std::vector<TableColumn> columns);

// All columns are optional; lists are texts of JSON. "row" in errors counts from 1.
absl::StatusOr<std::unique_ptr<TableWriter>> CreateParquetTable(const std::string& path,
                                                                std::vector<TableColumn> columns);
absl::StatusOr<std::unique_ptr<TableReader>> OpenParquetTable(const std::string& path,
                                                              std::vector<TableColumn> columns);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_TABLES_H_
