#include "common/statistics/rank_intervals.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>

namespace assay {

std::vector<RankInterval> RankIntervals(const std::vector<std::vector<double>>& resampled,
                                        double confidence) {
  const size_t models = resampled.size();
  if (models == 0 || resampled.front().empty()) return std::vector<RankInterval>(models);
  const size_t resamples = resampled.front().size();
  // [model][rank]: in how many resamples the model has this best, and this worst rank.
  std::vector<std::vector<size_t>> best(models, std::vector<size_t>(models + 1));
  std::vector<std::vector<size_t>> worst(models, std::vector<size_t>(models + 1));
  std::vector<double> sorted(models);
  for (size_t i = 0; i < resamples; ++i) {
    for (size_t model = 0; model < models; ++model) sorted[model] = resampled[model][i];
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    for (size_t model = 0; model < models; ++model) {
      const auto equal =
          std::equal_range(sorted.begin(), sorted.end(), resampled[model][i], std::greater<>());
      ++best[model][equal.first - sorted.begin() + 1];
      ++worst[model][equal.second - sorted.begin()];
    }
  }
  // At most this many resamples are left out on each side; the addend is for the rounding of 0.95.
  const auto left_out =
      static_cast<size_t>(std::floor((1 - confidence) / 2 * static_cast<double>(resamples) + 1e-9));
  std::vector<RankInterval> intervals(models);
  for (size_t model = 0; model < models; ++model) {
    size_t rank = 1;
    for (size_t seen = best[model][1]; seen <= left_out; seen += best[model][++rank]) {
    }
    intervals[model].best = static_cast<int>(rank);
    rank = models;
    for (size_t seen = worst[model][models]; seen <= left_out; seen += worst[model][--rank]) {
    }
    intervals[model].worst = static_cast<int>(rank);
  }
  return intervals;
}

}  // namespace assay
