#include "common/statistics/distributions.h"

#include <cmath>

#include "tests/unit/common/statistics/golden.h"

namespace assay {
namespace {

TEST(DistributionsTest, Normal) {
  const Json& golden = Golden("distributions");
  for (const Json& row : golden["normal_quantile"]) {
    EXPECT_TRUE(Close(NormalQuantile(row[0]), row[1], 1e-13)) << row;
  }
  for (const Json& row : golden["normal"]) {
    EXPECT_TRUE(CloseRelative(NormalCdf(row[0]), row[1])) << row;
    EXPECT_TRUE(CloseRelative(NormalCdf(-row[0].get<double>()), row[2])) << row;
    EXPECT_TRUE(CloseRelative(NormalTwoSided(row[0]), row[3])) << row;
  }
  EXPECT_EQ(NormalQuantile(0), -INFINITY);
  EXPECT_EQ(NormalQuantile(1), INFINITY);
  EXPECT_TRUE(std::isnan(NormalQuantile(1.5)));
}

TEST(DistributionsTest, Student) {
  const Json& golden = Golden("distributions");
  for (const Json& row : golden["student"]) {
    EXPECT_TRUE(CloseRelative(StudentTwoSided(row[0], row[1]), row[2])) << row;
  }
  for (const Json& row : golden["student_critical"]) {
    EXPECT_TRUE(CloseRelative(StudentCritical(row[0], row[1]), row[2])) << row;
  }
  EXPECT_EQ(StudentTwoSided(INFINITY, 5), 0);
  EXPECT_EQ(StudentTwoSided(-2, 5), StudentTwoSided(2, 5));
}

TEST(DistributionsTest, ChiSquaredOne) {
  for (const Json& row : Golden("distributions")["chi_squared_one"]) {
    EXPECT_TRUE(CloseRelative(ChiSquaredOneSurvival(row[0]), row[1])) << row;
  }
}

TEST(DistributionsTest, FairBinomial) {
  for (const Json& row : Golden("distributions")["fair_binomial"]) {
    EXPECT_TRUE(CloseRelative(FairBinomialCdf(row[0], row[1]), row[2])) << row;
  }
}

TEST(DistributionsTest, FairBinomialProbabilitiesAddUp) {
  for (const int64_t n : {0, 1, 2, 7, 100, 3000}) {
    const std::vector<double> probabilities = FairBinomialProbabilities(n);
    ASSERT_EQ(probabilities.size(), n + 1);
    double sum = 0;
    for (int64_t k = 0; k <= n; ++k) {
      sum += probabilities[k];
      EXPECT_NEAR(sum, FairBinomialCdf(k, n), 1e-12);
      EXPECT_EQ(probabilities[k], probabilities[n - k]);
    }
  }
}

}  // namespace
}  // namespace assay
