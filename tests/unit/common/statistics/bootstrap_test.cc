#include "common/statistics/bootstrap.h"

#include <numeric>

#include "common/statistics/joint_bootstrap.h"
#include "common/statistics/random.h"
#include "common/statistics/rank_intervals.h"
#include "tests/unit/common/statistics/golden.h"

namespace assay {
namespace {

TEST(RandomTest, IsTheGeneratorThatItNames) {
  const Json& golden = Golden("random");
  Random random(golden["seed"]);
  for (const Json& word : golden["next"]) {
    EXPECT_EQ(std::to_string(random.Next()), word.get<std::string>());
  }
  for (const Json& row : golden["below"]) {
    EXPECT_EQ(random.Below(row[0].get<uint64_t>()), row[1].get<uint64_t>());
  }
}

TEST(BootstrapTest, IntervalsAreScipysOnTheSameResamples) {
  for (const Json& row : Golden("bootstraps")) {
    SCOPED_TRACE(row.dump());
    const auto scores = row["scores"].get<std::vector<double>>();
    const auto cluster = row["cluster"].get<std::vector<int32_t>>();
    const bool ratio = row["statistic"] == "ratio";
    const auto statistic = [&](absl::Span<const int32_t> weights) {
      double sum = 0, squares = 0, weight = 0;
      for (size_t i = 0; i < scores.size(); ++i) {
        sum += weights[i] * scores[i];
        squares += weights[i] * scores[i] * scores[i];
        weight += weights[i];
      }
      return ratio ? sum / (1 + squares) : sum / weight;
    };
    const BootstrapResult result =
        ClusteredBootstrap(cluster, statistic, {row["resamples"], kConfidence, row["seed"]});
    EXPECT_EQ(result.value, row["value"].get<double>());
    EXPECT_TRUE(Close(result.standard_error, row["standard_error"]));
    ExpectInterval(result.percentile, row["percentile"]);
    ExpectInterval(result.bca, row["bca"]);
  }
}

TEST(BootstrapTest, ItemsAreClustersOfOne) {
  const auto mean = [](absl::Span<const int32_t> weights) {
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) sum += weights[i] * static_cast<double>(i);
    return sum / static_cast<double>(weights.size());
  };
  const BootstrapResult items = Bootstrap(5, mean, {300, 0.9, 7});
  const BootstrapResult clusters = ClusteredBootstrap({0, 1, 2, 3, 4}, mean, {300, 0.9, 7});
  EXPECT_EQ(items.percentile.low, clusters.percentile.low);
  EXPECT_EQ(items.bca.high, clusters.bca.high);
  EXPECT_LT(items.percentile.low, 2);
  EXPECT_TRUE(std::isnan(Bootstrap(0, mean, {}).value));
}

ScoreTable TableOf(const Json& row) {
  return {row["scores"].get<std::vector<std::vector<double>>>(),
          row["group"].get<std::vector<int32_t>>(), row["cluster"].get<std::vector<int32_t>>()};
}

TEST(JointBootstrapTest, DrawsTheSameItemsForAllModels) {
  for (const Json& row : Golden("comparisons")) {
    const ScoreTable table = TableOf(row);
    const auto resampled = JointBootstrap(table, {row["resamples"], kConfidence, row["seed"]});
    ASSERT_EQ(resampled.size(), row["resampled"].size());
    for (size_t model = 0; model < resampled.size(); ++model) {
      ASSERT_EQ(resampled[model].size(), row["resamples"]);
      for (size_t i = 0; i < resampled[model].size(); ++i) {
        ASSERT_TRUE(Close(resampled[model][i], row["resampled"][model][i], 1e-13));
      }
    }
  }
}

// Verdicts are counted in sets of bits, other scores are multiplied.
TEST(JointBootstrapTest, VerdictsAreCountedAsNumbersAre) {
  Random random(3);
  ScoreTable table;
  table.scores.resize(2);
  for (int32_t i = 0; i < 500; ++i) {
    table.scores[0].push_back(static_cast<double>(random.Below(2)));
    table.scores[1].push_back(static_cast<double>(random.Below(2)));
    // 4 clusters: numbers of draws that take several binary digits.
    table.cluster.push_back(i % 4);
    table.group.push_back(i % 2);
  }
  const auto verdicts = JointBootstrap(table, {100});
  table.scores.push_back(std::vector<double>(500, 0.5));
  const auto numbers = JointBootstrap(table, {100});
  EXPECT_EQ(verdicts[0], numbers[0]);
  EXPECT_EQ(verdicts[1], numbers[1]);
  EXPECT_EQ(numbers[2], std::vector<double>(100, 0.5));
}

TEST(RankIntervalsTest, CountWhoIsBetterInEachResample) {
  for (const Json& row : Golden("comparisons")) {
    const auto intervals =
        RankIntervals(row["resampled"].get<std::vector<std::vector<double>>>(), kConfidence);
    ASSERT_EQ(intervals.size(), row["ranks"].size());
    for (size_t model = 0; model < intervals.size(); ++model) {
      EXPECT_EQ(intervals[model].best, row["ranks"][model][0]);
      EXPECT_EQ(intervals[model].worst, row["ranks"][model][1]);
    }
  }
}

TEST(RankIntervalsTest, EqualModelsShareAllTheirRanks) {
  const auto intervals = RankIntervals({{1, 1, 1}, {2, 2, 2}, {1, 1, 1}}, 0.95);
  EXPECT_EQ(intervals[0].best, 2);
  EXPECT_EQ(intervals[0].worst, 3);
  EXPECT_EQ(intervals[2].best, 2);
  EXPECT_EQ(intervals[2].worst, 3);
  EXPECT_EQ(intervals[1].best, 1);
  EXPECT_EQ(intervals[1].worst, 1);
}

}  // namespace
}  // namespace assay
