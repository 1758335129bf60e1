// Models compared on the same items: scores, ranks, and every pair's difference.
#ifndef ASSAY_COMMON_STATISTICS_COMPARISON_H_
#define ASSAY_COMMON_STATISTICS_COMPARISON_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/statistics/bootstrap.h"
#include "common/statistics/estimate.h"
#include "common/statistics/mcnemar.h"
#include "common/statistics/rank_intervals.h"
#include "common/statistics/score_table.h"
#include "common/statistics/sign_flip.h"

namespace assay {

struct ComparisonOptions {
  double confidence = kConfidence;
  int resamples = 10000;     // of the bootstrap
  int permutations = 10000;  // where the permutation test is not exact
  uint64_t seed = 1;
  bool pairs = true;  // otherwise scores and ranks alone, which are told much sooner
};

struct ComparedModel {
  // Of verdicts without clusters: EstimateProportion or EstimateMacroProportion; otherwise
  // EstimateMean or its clustered and macro forms.
  Estimate score;
  int rank = 0;  // 1 and the number of models with a higher score
  RankInterval ranks;
};

// `first` and `second` are places in the table; differences are first minus second.
struct ComparedPair {
  int first = 0;
  int second = 0;
  Estimate difference;  // of the paired differences, by the formulas of mean.h
  Interval bootstrap;   // percentiles of the joint bootstrap
  SignFlipResult permutation;
  double permutation_holm = kUndefined;  // over all pairs of the comparison
  // Of verdicts only. McNemar's test is of the mean over items, and takes no account of clusters.
  std::optional<Discordant> discordant;
  double mcnemar = kUndefined;  // exact
  double mcnemar_corrected = kUndefined;
  double mcnemar_holm = kUndefined;  // of the exact ones
};

struct Comparison {
  std::vector<ComparedModel> models;  // in the table's order
  std::vector<ComparedPair> pairs;    // (0, 1), (0, 2), ..., (1, 2), ...
};

// InvalidArgument as CheckScoreTable. 60 models and 31,000 verdicts, which are 1,770 pairs, take 3
// seconds on one thread for a mean over all items; for one over groups 15, most of it the
// permutation test that is not exact then.
absl::StatusOr<Comparison> CompareModels(const ScoreTable& table, const ComparisonOptions& options);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_COMPARISON_H_
