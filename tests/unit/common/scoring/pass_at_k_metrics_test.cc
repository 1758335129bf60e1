#include "common/scoring/pass_at_k_metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

// Three problems of 4 samples, of which 0, 2 and 4 are right.
std::vector<SampleCount> Counts() { return {{"g", 4, 0, 1}, {"g", 4, 2, 1}, {"g", 4, 4, 1}}; }

TEST(PassAtKMetricsTest, AnItemIsOneObservation) {
  const std::vector<Metric> metrics = PassAtKMetrics(Counts(), std::vector<int64_t>{2, 1, 2});
  ASSERT_EQ(metrics.size(), 4u);
  EXPECT_EQ(metrics[0].name, "pass@1");
  EXPECT_EQ(metrics[0].group, "");
  EXPECT_EQ(metrics[1].group, "g");
  EXPECT_EQ(metrics[2].name, "pass@2");
  EXPECT_DOUBLE_EQ(metrics[0].value, 0.5);
  // 1 - C(2, 2) / C(4, 2) = 5/6 of the second problem.
  EXPECT_DOUBLE_EQ(metrics[2].value, (0 + 5.0 / 6 + 1) / 3);
  EXPECT_EQ(metrics[2].items, 3);
  // Standard deviation of (0, 1/2, 1) is 1/2; Student's t of two degrees of freedom reaches beyond
  // both ends.
  EXPECT_NEAR(metrics[0].standard_error, 0.5 / std::sqrt(3), 1e-12);
  EXPECT_EQ(metrics[0].low, 0);
  EXPECT_EQ(metrics[0].high, 1);
}

TEST(PassAtKMetricsTest, ItemsThatAreCountedTogetherAreSeveralObservations) {
  const std::vector<int64_t> k = {2};
  std::vector<SampleCount> apart, together = Counts();
  for (SampleCount& count : together) {
    for (int i = 0; i < 10; ++i) apart.push_back(count);
    count.items = 10;
  }
  const Metric a = PassAtKMetrics(apart, k)[0];
  const Metric b = PassAtKMetrics(together, k)[0];
  EXPECT_NEAR(a.value, b.value, 1e-12);
  EXPECT_NEAR(a.standard_error, b.standard_error, 1e-9);
  EXPECT_NEAR(a.low, b.low, 1e-9);
  EXPECT_GT(a.low, 0.3);
  EXPECT_LT(a.high, 0.9);
}

TEST(PassAtKMetricsTest, AKOfMoreThanTheSamplesIsLeftOut) {
  const std::vector<int64_t> ks = {0, 4, 5, 10};
  const std::vector<Metric> metrics = PassAtKMetrics(Counts(), ks);
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(metrics[0].name, "pass@4");
  EXPECT_TRUE(PassAtKMetrics({}, ks).empty());
}

TEST(PassAtKMetricsTest, NothingSolvedIsNotCertainlyNothing) {
  const Metric metric =
      PassAtKMetrics(std::vector<SampleCount>{{"g", 10, 0, 50}}, std::vector<int64_t>{10})[0];
  EXPECT_EQ(metric.value, 0);
  EXPECT_EQ(metric.low, 0);
  EXPECT_GT(metric.high, 0.05);
}

}  // namespace
}  // namespace assay
