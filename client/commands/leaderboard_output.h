// The leaderboard as a table, JSON or CSV.
#ifndef ASSAY_CLIENT_COMMANDS_LEADERBOARD_OUTPUT_H_
#define ASSAY_CLIENT_COMMANDS_LEADERBOARD_OUTPUT_H_

#include <map>
#include <string>
#include <vector>

#include "client/output/console.h"
#include "client/output/record_writer.h"
#include "common/leaderboard/table.h"
#include "common/statistics/rank_intervals.h"

namespace assay {

struct ShownLeaderboard {
  LeaderboardQuery query;
  std::vector<LeaderboardColumn> columns;
  std::vector<TableRow> rows;
  std::vector<LeaderboardOmission> omissions;
  std::string sorted_by;                      // a column's key, "model" or "parameters"
  std::map<std::string, RankInterval> ranks;  // by model of ours; empty: not asked for
  bool intervals = false;                     // in the table and CSV; JSON always has them
};

void WriteLeaderboard(const ShownLeaderboard& shown, OutputFormat format, const Console& console);

// Says on the standard error which cells are empty although there are runs, and why.
void TellOmissions(const std::vector<LeaderboardOmission>& omissions, const Console& console);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_LEADERBOARD_OUTPUT_H_
