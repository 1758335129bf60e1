#include "common/statistics/judge_agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace assay {
namespace {

constexpr BootstrapOptions kOptions = {.resamples = 500, .confidence = 0.95, .seed = 3};

std::vector<int32_t> OwnClusters(size_t n) {
  std::vector<int32_t> cluster(n);
  std::iota(cluster.begin(), cluster.end(), 0);
  return cluster;
}

TEST(JudgeAgreementTest, IsThatOfTheFormulasOnWhatBothHaveRated) {
  const Ratings ratings = {{1, 2, 3, 4, 5, std::nullopt, 2},
                           {1, 3, 2, 5, 4, 4, std::nullopt},
                           {2, 2, 4, 4, 5, 1, std::nullopt}};
  const JudgeAgreement agreement = MeasureAgreement(ratings, OwnClusters(7), kOptions);
  EXPECT_EQ(agreement.units, 6);
  EXPECT_DOUBLE_EQ(agreement.alpha, KrippendorffAlpha(ratings, Level::kOrdinal));
  EXPECT_LT(agreement.alpha_interval.low, agreement.alpha);
  EXPECT_GT(agreement.alpha_interval.high, agreement.alpha);
  ASSERT_EQ(agreement.pairs.size(), 3u);
  const PairAgreement& first = agreement.pairs[0];
  EXPECT_EQ(first.first, 0u);
  EXPECT_EQ(first.second, 1u);
  EXPECT_EQ(first.n, 5);
  EXPECT_DOUBLE_EQ(first.equal, 0.2);
  EXPECT_DOUBLE_EQ(first.difference, 0);
  EXPECT_DOUBLE_EQ(first.spearman.correlation.value, 0.8);
  EXPECT_DOUBLE_EQ(first.kendall.correlation.value, 0.6);
  EXPECT_LT(first.spearman.interval.low, 0.8);
  EXPECT_LE(first.spearman.interval.high, 1);
}

TEST(JudgeAgreementTest, JudgesThatSayTheSameAgreeFully) {
  const Ratings ratings = {{1, 2, 3, 4}, {1, 2, 3, 4}};
  const JudgeAgreement agreement = MeasureAgreement(ratings, OwnClusters(4), kOptions);
  EXPECT_DOUBLE_EQ(agreement.alpha, 1);
  EXPECT_DOUBLE_EQ(agreement.pairs[0].equal, 1);
  EXPECT_DOUBLE_EQ(agreement.pairs[0].kendall.interval.low, 1);
}

TEST(JudgeAgreementTest, IsUndefinedWhereNothingTells) {
  const Ratings apart = {{1, std::nullopt}, {std::nullopt, 2}};
  const JudgeAgreement none = MeasureAgreement(apart, OwnClusters(2), kOptions);
  EXPECT_EQ(none.units, 0);
  EXPECT_TRUE(std::isnan(none.alpha));
  EXPECT_TRUE(none.pairs.empty());
  const Ratings equal = {{3, 3, 3}, {3, 3, 3}};
  const JudgeAgreement same = MeasureAgreement(equal, OwnClusters(3), kOptions);
  EXPECT_TRUE(std::isnan(same.alpha));
  EXPECT_TRUE(std::isnan(same.alpha_interval.low));
  EXPECT_EQ(same.pairs[0].equal, 1);
  EXPECT_TRUE(std::isnan(same.pairs[0].spearman.correlation.value));
}

// Answers to one task hang together: with one task alone there is nothing to draw from.
TEST(JudgeAgreementTest, DrawsWholeClusters) {
  const Ratings ratings = {{1, 2, 3, 4}, {1, 3, 2, 4}};
  const std::vector<int32_t> one_cluster(4, 0);
  const JudgeAgreement agreement = MeasureAgreement(ratings, one_cluster, kOptions);
  EXPECT_DOUBLE_EQ(agreement.alpha_interval.low, agreement.alpha);
  EXPECT_DOUBLE_EQ(agreement.alpha_interval.high, agreement.alpha);
}

}  // namespace
}  // namespace assay
