// Several models' scores on the same items.
#ifndef ASSAY_COMMON_STATISTICS_SCORE_TABLE_H_
#define ASSAY_COMMON_STATISTICS_SCORE_TABLE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace assay {

struct ScoreTable {
  std::vector<std::vector<double>> scores;  // [model][item]
  // Of each item, one of 0, 1, ... without a gap. A model's score is the mean over the groups of
  // each group's mean; empty: the mean over all items.
  std::vector<int32_t> group;
  // Of each item, one of 0, 1, ... without a gap: items that hang together. A cluster lies within
  // one group. Empty: each item by itself.
  std::vector<int32_t> cluster;

  int64_t models() const { return static_cast<int64_t>(scores.size()); }
  int64_t items() const { return scores.empty() ? 0 : static_cast<int64_t>(scores.front().size()); }
};

// InvalidArgument when the sizes differ, there is no item, a number is missing among groups or
// clusters, a cluster lies in two groups, or a score is not finite.
absl::Status CheckScoreTable(const ScoreTable& table);

// Every item's weight in a model's score, which is the sum of weight times score.
std::vector<double> ItemWeights(const ScoreTable& table);

// Whether every score is 0 or 1.
bool IsBinary(const ScoreTable& table);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_SCORE_TABLE_H_
