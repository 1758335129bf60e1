#include "common/statistics/regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "common/statistics/rank_correlation.h"

namespace assay {
namespace {

// The first of Anscombe's quartet (1973), with the slope's error as R's lm has it.
TEST(RegressionTest, FitsALine) {
  const std::vector<double> x = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const std::vector<double> y = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  const LineFit fit = FitLine(x, y);
  EXPECT_NEAR(fit.intercept, 3.0000909, 1e-6);
  EXPECT_EQ(fit.slope.n, 11);
  EXPECT_NEAR(fit.slope.value, 0.5000909, 1e-6);
  EXPECT_NEAR(fit.slope.standard_error, 0.1179055, 1e-6);
  // t(0.975, 9) = 2.2621572.
  EXPECT_NEAR(fit.slope.interval.low, 0.5000909 - 2.2621572 * 0.1179055, 1e-6);
  EXPECT_NEAR(fit.slope.interval.high, 0.5000909 + 2.2621572 * 0.1179055, 1e-6);
}

TEST(RegressionTest, TellsNothingThatTheDataDoNot) {
  EXPECT_TRUE(std::isnan(FitLine({}, {}).slope.value));
  EXPECT_TRUE(std::isnan(FitLine({2, 2, 2}, {1, 2, 3}).slope.value));
  const LineFit two = FitLine({1, 2}, {3, 5});
  EXPECT_DOUBLE_EQ(two.slope.value, 2);
  EXPECT_TRUE(std::isnan(two.slope.standard_error));
  EXPECT_TRUE(std::isnan(two.slope.interval.low));
}

TEST(RegressionTest, GivesSpearmansRhoAnInterval) {
  // atanh(0.6) = 0.6931472; its error at n = 20 is sqrt(1.18 / 17) = 0.2634611.
  const Interval interval = SpearmanInterval(0.6, 20);
  EXPECT_NEAR(interval.low, std::tanh(0.6931472 - 1.959964 * 0.2634611), 1e-6);
  EXPECT_NEAR(interval.high, std::tanh(0.6931472 + 1.959964 * 0.2634611), 1e-6);
  EXPECT_TRUE(std::isnan(SpearmanInterval(0.6, 4).low));
  EXPECT_TRUE(std::isnan(SpearmanInterval(1, 20).low));
  EXPECT_TRUE(std::isnan(SpearmanInterval(kUndefined, 20).low));
}

}  // namespace
}  // namespace assay
