// Proportions and means.
#include "common/statistics/mean.h"
#include "common/statistics/moments.h"
#include "common/statistics/proportion.h"
#include "tests/unit/common/statistics/golden.h"

namespace assay {
namespace {

std::vector<int32_t> Integers(const Json& json) { return json.get<std::vector<int32_t>>(); }
std::vector<double> Doubles(const Json& json) { return json.get<std::vector<double>>(); }

TEST(ProportionTest, HasWilsonsInterval) {
  for (const Json& row : Golden("proportions")) {
    SCOPED_TRACE(row.dump());
    const Count count = {row["successes"], row["n"]};
    const Estimate estimate = EstimateProportion(count, row["confidence"]);
    EXPECT_EQ(estimate.n, count.n);
    EXPECT_TRUE(Close(estimate.standard_error, row["standard_error"]));
    ExpectInterval(estimate.interval, row["interval"]);
    EXPECT_EQ(std::isnan(estimate.value), count.n == 0);
    EXPECT_EQ(estimate.interval.low == 0, count.successes == 0);
    EXPECT_EQ(estimate.interval.high == 1, count.successes == count.n);
  }
}

TEST(ProportionTest, MacroMeanHasRecoveredVariances) {
  for (const Json& row : Golden("macro_proportions")) {
    SCOPED_TRACE(row.dump());
    std::vector<Count> groups;
    for (const Json& group : row["groups"]) groups.push_back({group[0], group[1]});
    ExpectEstimate(EstimateMacroProportion(groups), row);
  }
}

TEST(ProportionTest, MacroMeanOfOneGroupIsTheProportion) {
  const Count count = {7, 23};
  const Estimate macro = EstimateMacroProportion({&count, 1});
  const Estimate micro = EstimateProportion(count);
  EXPECT_DOUBLE_EQ(macro.interval.low, micro.interval.low);
  EXPECT_DOUBLE_EQ(macro.interval.high, micro.interval.high);
  EXPECT_DOUBLE_EQ(macro.standard_error, micro.standard_error);
}

TEST(MeanTest, HasStudentsInterval) {
  for (const Json& row : Golden("means")) {
    SCOPED_TRACE(row.dump());
    ExpectEstimate(EstimateMean(Doubles(row["scores"])), row);
  }
}

// Sums are what is left of the scores: 8 digits of the error.
TEST(MomentsTest, AreTheMeansOfTheScores) {
  for (const Json& row : Golden("means")) {
    SCOPED_TRACE(row.dump());
    Moments moments;
    for (const double score : Doubles(row["scores"])) {
      ++moments.n;
      moments.sum += score;
      moments.sum_of_squares += score * score;
    }
    const Estimate estimate = EstimateMean(moments);
    EXPECT_EQ(estimate.n, moments.n);
    EXPECT_TRUE(Close(estimate.value, row["value"]));
    if (row["standard_error"] == 0.0) {
      EXPECT_NEAR(estimate.standard_error, 0, 1e-8);
      continue;
    }
    EXPECT_TRUE(Close(estimate.standard_error, row["standard_error"], 1e-8));
    EXPECT_TRUE(Close(estimate.interval.low, row["interval"][0], 1e-7));
    EXPECT_TRUE(Close(estimate.interval.high, row["interval"][1], 1e-7));
  }
}

TEST(MomentsTest, MacroMeansAreThoseOfTheScores) {
  const std::vector<double> scores = {0.5, 0.25, 1, 0, 0.75, 0.125, 1};
  const std::vector<int32_t> group = {0, 0, 0, 1, 1, 1, 2};
  std::vector<Moments> moments(4);  // the last is empty
  for (size_t i = 0; i < scores.size(); ++i) {
    ++moments[group[i]].n;
    moments[group[i]].sum += scores[i];
    moments[group[i]].sum_of_squares += scores[i] * scores[i];
  }
  const Estimate of_scores = EstimateClusteredMacroMean(scores, group, {});
  const Estimate of_moments = EstimateMacroMean(moments);
  EXPECT_EQ(of_moments.n, 7);
  EXPECT_DOUBLE_EQ(of_moments.value, of_scores.value);
  EXPECT_NEAR(of_moments.standard_error, of_scores.standard_error, 1e-12);
  EXPECT_NEAR(of_moments.interval.low, of_scores.interval.low, 1e-12);
  EXPECT_TRUE(std::isnan(EstimateMacroMean({}).value));
}

TEST(MeanTest, ClustersAreRobust) {
  for (const Json& row : Golden("clustered_means")) {
    SCOPED_TRACE(row.dump());
    ExpectEstimate(EstimateClusteredMean(Doubles(row["scores"]), Integers(row["cluster"])), row);
  }
  EXPECT_TRUE(std::isnan(EstimateClusteredMean({}, {}).value));
}

TEST(MeanTest, MacroMeansAddTheGroupsVariances) {
  for (const Json& row : Golden("clustered_macro_means")) {
    SCOPED_TRACE(row.dump());
    ExpectEstimate(EstimateClusteredMacroMean(Doubles(row["scores"]), Integers(row["group"]),
                                              Integers(row["cluster"])),
                   row);
  }
  EXPECT_TRUE(std::isnan(EstimateClusteredMacroMean({}, {}, {}).value));
}

TEST(MeanTest, SingleItemsAsClustersChangeNothing) {
  const std::vector<double> scores = {0.5, 1, 0, 0.25, 0.75, 1};
  const Estimate plain = EstimateMean(scores);
  const Estimate clustered = EstimateClusteredMean(scores, {5, 4, 3, 2, 1, 0});
  EXPECT_DOUBLE_EQ(plain.standard_error, clustered.standard_error);
  EXPECT_DOUBLE_EQ(plain.interval.low, clustered.interval.low);
}

}  // namespace
}  // namespace assay
