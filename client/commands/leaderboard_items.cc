#include "client/commands/leaderboard_items.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/commands/compared_runs.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert_leaderboard.h"
#include "common/statistics/joint_bootstrap.h"
#include "common/statistics/mean.h"

namespace assay {
namespace {

// [model][resample], of the runs that stand in one column.
absl::StatusOr<std::vector<std::vector<double>>> Resample(Service& service,
                                                          absl::Span<const TableRow* const> rows,
                                                          const std::string& key,
                                                          const BootstrapOptions& options) {
  std::vector<std::string> names;
  for (const TableRow* row : rows)
    names.push_back(absl::StrCat("run:", row->scores.at(key).run_id));
  ASSAY_ASSIGN_OR_RETURN(const RunGroup runs, FetchRuns(service, names, /*benchmark=*/""));
  ASSAY_RETURN_IF_ERROR(CheckComparable(runs));
  ASSAY_ASSIGN_OR_RETURN(const ScoreTable table, MakeScoreTable(runs, /*only_common=*/true));
  ASSAY_RETURN_IF_ERROR(CheckScoreTable(table));
  return JointBootstrap(table, options);
}

std::vector<std::string> BenchmarksOf(const LeaderboardColumn& column) {
  if (column.key == kAverageKey) return PublishedTables().front().averages.front().of;
  return {column.key};
}

}  // namespace

absl::StatusOr<LeaderboardData> FetchLeaderboard(Service& service, const LeaderboardQuery& query) {
  ASSAY_ASSIGN_OR_RETURN(
      const v1::GetLeaderboardResponse response,
      service.Call(&v1::EvaluationService::Stub::GetLeaderboard, ToProto(query)));
  return FromProto(response);
}

absl::StatusOr<std::map<std::string, RankInterval>> FetchRanks(Service& service,
                                                               absl::Span<const TableRow> rows,
                                                               const LeaderboardColumn& column,
                                                               const BootstrapOptions& options) {
  if (!column.group.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--ranks: \"", column.key,
                     "\" is a part of a benchmark; sort by the whole or the average"));
  }
  std::vector<const TableRow*> ranked;
  for (const TableRow& row : rows) {
    if (row.baseline.empty() && row.scores.count(column.key) != 0) ranked.push_back(&row);
  }
  if (ranked.empty()) return std::map<std::string, RankInterval>();
  std::vector<std::vector<double>> sums(
      ranked.size(), std::vector<double>(static_cast<size_t>(options.resamples)));
  BootstrapOptions own = options;
  for (const std::string& key : BenchmarksOf(column)) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<std::vector<double>> resampled,
                           Resample(service, ranked, key, own));
    for (size_t model = 0; model < sums.size(); ++model) {
      for (size_t i = 0; i < sums[model].size(); ++i) sums[model][i] += resampled[model][i];
    }
    ++own.seed;  // the benchmarks' items are drawn independently
  }
  const std::vector<RankInterval> intervals = RankIntervals(sums, options.confidence);
  std::map<std::string, RankInterval> ranks;
  for (size_t i = 0; i < ranked.size(); ++i) ranks[ranked[i]->model] = intervals[i];
  return ranks;
}

absl::StatusOr<Estimate> FetchDifference(Service& service, int64_t first_run, int64_t second_run) {
  const std::vector<std::string> names = {absl::StrCat("run:", first_run),
                                          absl::StrCat("run:", second_run)};
  ASSAY_ASSIGN_OR_RETURN(const RunGroup runs, FetchRuns(service, names, /*benchmark=*/""));
  ASSAY_RETURN_IF_ERROR(CheckComparable(runs));
  ASSAY_ASSIGN_OR_RETURN(const ScoreTable table, MakeScoreTable(runs, /*only_common=*/true));
  std::vector<double> differences;
  for (int64_t i = 0; i < table.items(); ++i) {
    differences.push_back(table.scores[0][i] - table.scores[1][i]);
  }
  return table.group.empty() ? EstimateClusteredMean(differences, table.cluster)
                             : EstimateClusteredMacroMean(differences, table.group, table.cluster);
}

}  // namespace assay
