#include "coordinator/service/ranking.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/field_check.h"
#include "common/statistics/joint_bootstrap.h"
#include "common/statistics/rank_intervals.h"

namespace assay {
namespace {

constexpr int kMostModels = 60;
constexpr int kMostRuns = 300;
constexpr int kDefaultResamples = 2'000;
constexpr int kMostResamples = 100'000;
// Memory: 8 bytes for each resample of each model.
constexpr int64_t kMostScores = 2'000'000;

}  // namespace

absl::Status CheckRanking(const v1::RankRunsRequest& request) {
  if (request.models() < 2 || request.models() > kMostModels) {
    return FieldError("models", absl::StrCat("from 2 to ", kMostModels, " are ranked"));
  }
  if (request.run_ids_size() == 0 || request.run_ids_size() > kMostRuns ||
      request.run_ids_size() % request.models() != 0) {
    return FieldError("run_ids",
                      absl::StrCat("must be one of each model, or as many of each, and at most ",
                                   kMostRuns, ", not ", request.run_ids_size()));
  }
  if (std::set<int64_t>(request.run_ids().begin(), request.run_ids().end()).size() !=
      static_cast<size_t>(request.run_ids_size())) {
    return FieldError("run_ids", "a run is named twice");
  }
  if (request.resamples() < 0 || request.resamples() > kMostResamples ||
      int64_t{request.resamples()} * request.models() > kMostScores) {
    return FieldError("resamples",
                      absl::StrCat("must be between 0 and ", kMostResamples, ", and at most ",
                                   kMostScores, " for all models together"));
  }
  return absl::OkStatus();
}

RunRanking::RunRanking(const v1::RankRunsRequest& request)
    : options_{.resamples = request.resamples() > 0 ? request.resamples() : kDefaultResamples},
      scores_(static_cast<size_t>(request.models())),
      sums_(scores_.size(), std::vector<double>(static_cast<size_t>(options_.resamples))) {
  if (request.has_seed()) options_.seed = request.seed();
}

absl::Status RunRanking::Add(const RunGroup& runs) {
  ASSAY_RETURN_IF_ERROR(CheckComparable(runs));
  ASSAY_ASSIGN_OR_RETURN(const ScoreTable table, MakeScoreTable(runs, /*only_common=*/true));
  ASSAY_RETURN_IF_ERROR(CheckScoreTable(table));
  const std::vector<double> weights = ItemWeights(table);
  const std::vector<std::vector<double>> resampled = JointBootstrap(table, options_);
  ++options_.seed;
  ++benchmarks_;
  for (size_t model = 0; model < scores_.size(); ++model) {
    for (size_t i = 0; i < weights.size(); ++i) {
      scores_[model] += weights[i] * table.scores[model][i];
    }
    for (size_t i = 0; i < sums_[model].size(); ++i) sums_[model][i] += resampled[model][i];
  }
  return absl::OkStatus();
}

v1::RankRunsResponse RunRanking::Finish() const {
  const std::vector<RankInterval> intervals = RankIntervals(sums_, options_.confidence);
  v1::RankRunsResponse response;
  for (size_t model = 0; model < scores_.size(); ++model) {
    v1::ModelRank* rank = response.add_ranks();
    rank->set_score(scores_[model] / benchmarks_);
    rank->set_rank(
        1 + static_cast<int>(std::count_if(scores_.begin(), scores_.end(),
                                           [&](double other) { return other > scores_[model]; })));
    rank->set_best(intervals[model].best);
    rank->set_worst(intervals[model].worst);
  }
  return response;
}

}  // namespace assay
