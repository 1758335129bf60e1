// What an export of ours consists of, for its writer and its reader.
#ifndef ASSAY_CLIENT_EXCHANGE_EXPORT_LAYOUT_H_
#define ASSAY_CLIENT_EXCHANGE_EXPORT_LAYOUT_H_

#include <string>
#include <vector>

#include "client/exchange/table.h"

namespace assay {

inline constexpr int kExportVersion = 1;
inline constexpr char kExportFile[] = "export.json";
inline constexpr char kRunColumn[] = "run";  // the place of the run in export.json, from 1

// Of predictions.*: the run's place, then PredictionColumns().
std::vector<TableColumn> PredictionTableColumns();
// Of other_scores.*: the run's place, item_id, sample_index, then ScoreColumns(). In the order of
// the predictions.
std::vector<TableColumn> OtherScoreTableColumns();

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_EXPORT_LAYOUT_H_
