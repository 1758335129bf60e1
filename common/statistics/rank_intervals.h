// Which ranks of a leaderboard the data are compatible with.
#ifndef ASSAY_COMMON_STATISTICS_RANK_INTERVALS_H_
#define ASSAY_COMMON_STATISTICS_RANK_INTERVALS_H_

#include <vector>

namespace assay {

struct RankInterval {
  int best = 0;  // 1: the highest score
  int worst = 0;
};

// For each model, the ranks that it has in the central `confidence` of the resamples
// (`resampled[model][resample]`, as JointBootstrap gives them): the best counts only models that
// are strictly better, the worst also those that are equal, so that equal models have equal
// intervals. O(resamples * models log models). (Goldstein and Spiegelhalter 1996, section 4.)
std::vector<RankInterval> RankIntervals(const std::vector<std::vector<double>>& resampled,
                                        double confidence);

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_RANK_INTERVALS_H_
