#include "client/exchange/export_layout.h"

namespace assay {
namespace {

void Append(const std::vector<ExchangeColumn>& more, std::vector<TableColumn>& columns) {
  for (const ExchangeColumn& column : more) columns.push_back({column.name, column.type});
}

}  // namespace

std::vector<TableColumn> PredictionTableColumns() {
  std::vector<TableColumn> columns = {{kRunColumn, ColumnType::kInteger}};
  Append(PredictionColumns(), columns);
  return columns;
}

std::vector<TableColumn> OtherScoreTableColumns() {
  std::vector<TableColumn> columns = {{kRunColumn, ColumnType::kInteger},
                                      {"item_id", ColumnType::kText},
                                      {"sample_index", ColumnType::kInteger}};
  Append(ScoreColumns(), columns);
  return columns;
}

}  // namespace assay
