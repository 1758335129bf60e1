// A leaderboard from the service, and what of it needs the scores of single items: which ranks the
// data allow, and what examples bring.
#ifndef ASSAY_CLIENT_COMMANDS_LEADERBOARD_ITEMS_H_
#define ASSAY_CLIENT_COMMANDS_LEADERBOARD_ITEMS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/commands/service.h"
#include "common/leaderboard/table.h"
#include "common/statistics/bootstrap.h"
#include "common/statistics/estimate.h"
#include "common/statistics/rank_intervals.h"

namespace assay {

absl::StatusOr<LeaderboardData> FetchLeaderboard(Service& service, const LeaderboardQuery& query);

// By model, the ranks that our rows have in the resamples of the items, which are the same for all
// models (common/statistics/joint_bootstrap.h); of the average, with each benchmark's items
// resampled by themselves. Models without a score in the column have none. InvalidArgument for a
// column that is neither a benchmark nor the average.
absl::StatusOr<std::map<std::string, RankInterval>> FetchRanks(Service& service,
                                                               absl::Span<const TableRow> rows,
                                                               const LeaderboardColumn& column,
                                                               const BootstrapOptions& options);

// The difference of two runs' scores on the items that both have, the first less the second: its
// estimate by the formulas of mean.h, Student's interval.
absl::StatusOr<Estimate> FetchDifference(Service& service, int64_t first_run, int64_t second_run);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_LEADERBOARD_ITEMS_H_
