#include "common/scoring/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/catalog/built_in.h"
#include "common/statistics/mean.h"

namespace assay {
namespace {

void ExpectMetric(const Metric& metric, const std::string& group, double value,
                  double standard_error, int64_t items, int64_t errors) {
  EXPECT_EQ(metric.name, "accuracy");
  EXPECT_EQ(metric.group, group);
  EXPECT_DOUBLE_EQ(metric.value, value) << group;
  EXPECT_DOUBLE_EQ(metric.standard_error, standard_error) << group;
  EXPECT_EQ(metric.items, items) << group;
  EXPECT_EQ(metric.errors, errors) << group;
}

TEST(MetricsTest, MicroAverageWeighsItems) {
  const Benchmark& mmlu = **FindBenchmark("mmlu");
  const std::vector<GroupCount> counts = {{"abstract_algebra", 10, 5, 1},
                                          {"astronomy", 2, 2, 0},
                                          {"my_own", 4, 1, 0},
                                          {"virology", 0, 0, 0}};
  const auto metrics = ComputeMetrics(mmlu, mmlu.protocols().front(), counts);
  ASSERT_EQ(metrics.size(), 8);
  ExpectMetric(metrics[0], "", 0.5, std::sqrt(0.25 / 15), 16, 1);
  ExpectMetric(metrics[1], "abstract_algebra", 0.5, std::sqrt(0.25 / 9), 10, 1);
  ExpectMetric(metrics[2], "astronomy", 1, 0, 2, 0);
  ExpectMetric(metrics[3], "my_own", 0.25, 0.25, 4, 0);  // sqrt(0.1875 / 3)
  const double stem = 7.0 / 12;
  ExpectMetric(metrics[4], "category:STEM", stem, std::sqrt(stem * (1 - stem) / 11), 12, 1);
  ExpectMetric(metrics[5], "subcategory:math", 0.5, std::sqrt(0.25 / 9), 10, 1);
  ExpectMetric(metrics[6], "subcategory:physics", 1, 0, 2, 0);
  EXPECT_EQ(metrics[7].name, "accuracy_macro");
  EXPECT_EQ(metrics[7].group, "");
  EXPECT_DOUBLE_EQ(metrics[7].value, 1.75 / 3);
}

TEST(MetricsTest, MacroAverageWeighsGroups) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  const std::vector<GroupCount> counts = {{"a", 4, 1, 0}, {"b", 5, 4, 1}, {"none", 0, 0, 0}};
  const auto metrics = ComputeMetrics(bbh, bbh.protocols().front(), counts);
  ASSERT_EQ(metrics.size(), 4);
  EXPECT_EQ(metrics[3].name, "accuracy_micro");
  EXPECT_EQ(metrics[3].group, "");
  EXPECT_DOUBLE_EQ(metrics[3].value, 5.0 / 9);
  // Squared errors: 0.1875 / 3 = 0.0625 and 0.16 / 4 = 0.04.
  ExpectMetric(metrics[0], "", 0.525, std::sqrt(0.1025) / 2, 9, 1);
  ExpectMetric(metrics[1], "a", 0.25, 0.25, 4, 0);
  ExpectMetric(metrics[2], "b", 0.8, 0.2, 5, 1);
}

TEST(MetricsTest, MeanOfValuesComesBeforeTheShareOfCorrectItems) {
  const Benchmark& drop = **FindBenchmark("drop");
  const ProtocolSpec& protocol = **drop.FindProtocol("drop-f1");
  // Values 1, 0.5, 0 and 0.5.
  const auto metrics =
      ComputeMetrics(drop, protocol, std::vector<GroupCount>{{"drop", 4, 1, 0, 0, 0, 2, 1.5}});
  ASSERT_EQ(metrics.size(), 4);
  EXPECT_EQ(metrics[0].name, "f1");
  EXPECT_EQ(metrics[0].group, "");
  EXPECT_DOUBLE_EQ(metrics[0].value, 0.5);
  EXPECT_DOUBLE_EQ(metrics[0].standard_error, std::sqrt(0.125 / 3));
  EXPECT_EQ(metrics[1].name, "f1");
  EXPECT_EQ(metrics[1].group, "drop");
  EXPECT_EQ(metrics[2].name, "exact_match");
  EXPECT_DOUBLE_EQ(metrics[2].value, 0.25);
  EXPECT_DOUBLE_EQ(metrics[2].standard_error, 0.25);
}

TEST(MetricsTest, OneItemHasNoStandardError) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  const auto metrics =
      ComputeMetrics(bbh, bbh.protocols().front(), std::vector<GroupCount>{{"a", 1, 1, 0}});
  ASSERT_EQ(metrics.size(), 2);
  ExpectMetric(metrics[0], "", 1, 0, 1, 0);
}

TEST(MetricsTest, IntervalsAreWilsonsAndHaveAWidthAtTheEnds) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  const auto metrics = ComputeMetrics(bbh, bbh.protocols().front(),
                                      std::vector<GroupCount>{{"a", 10, 7, 0}, {"b", 4, 4, 0}});
  ASSERT_EQ(metrics.size(), 4);
  // Known values of Wilson's interval for 7 of 10 and 4 of 4.
  EXPECT_NEAR(metrics[1].low, 0.39678, 1e-5);
  EXPECT_NEAR(metrics[1].high, 0.89221, 1e-5);
  EXPECT_NEAR(metrics[2].low, 0.51011, 1e-5);
  EXPECT_EQ(metrics[2].high, 1);
  // The mean of 0.7 and 1: half the root of the squared distances below and above.
  EXPECT_NEAR(metrics[0].low, 0.85 - std::hypot(0.7 - 0.39678, 1 - 0.51011) / 2, 1e-5);
  EXPECT_NEAR(metrics[0].high, 0.85 + (0.89221 - 0.7) / 2, 1e-5);
}

TEST(MetricsTest, IntervalsOfValuesAreStudents) {
  const Benchmark& drop = **FindBenchmark("drop");
  const ProtocolSpec& protocol = **drop.FindProtocol("drop-f1");
  auto metrics =
      ComputeMetrics(drop, protocol, std::vector<GroupCount>{{"drop", 4, 1, 0, 0, 0, 2, 1.5}});
  // Four values tell so little that the interval leads out of [0, 1], and is cut.
  EXPECT_EQ(metrics[0].low, 0);
  EXPECT_EQ(metrics[0].high, 1);
  metrics =
      ComputeMetrics(drop, protocol, std::vector<GroupCount>{{"drop", 100, 0, 0, 0, 0, 50, 26}});
  EXPECT_NEAR(metrics[0].low, 0.5 - 1.984217 * std::sqrt(0.01 / 99), 1e-6);
  EXPECT_NEAR(metrics[0].high, 0.5 + 1.984217 * std::sqrt(0.01 / 99), 1e-6);
  metrics = ComputeMetrics(drop, protocol, std::vector<GroupCount>{{"drop", 4, 4, 0, 0, 0, 4, 4}});
  EXPECT_NEAR(metrics[0].low, 0.51011, 1e-5);
  EXPECT_EQ(metrics[0].high, 1);
}

TEST(MetricsTest, ItemsThatHangTogetherAreClustered) {
  const Benchmark& drop = **FindBenchmark("drop");
  const ProtocolSpec& protocol = **drop.FindProtocol("drop-f1");
  // Three passages with the values (1, 1, 1, 0.5), (0, 0, 0.5) and (1, 0).
  const std::vector<double> values = {1, 1, 1, 0.5, 0, 0, 0.5, 1, 0};
  const std::vector<double> verdicts = {1, 1, 1, 0, 0, 0, 0, 1, 0};
  const std::vector<int32_t> cluster = {0, 0, 0, 0, 1, 1, 1, 2, 2};
  GroupCount count = {"drop", 9, 4, 0, 0, 0, 5, 4.5};
  count.clusters = {
      3, 16 + 9 + 4, 4 * 3 + 2 * 1, 9 + 1, 4 * 3.5 + 3 * 0.5 + 2 * 1, 3.5 * 3.5 + 0.25 + 1};
  const auto metrics = ComputeMetrics(drop, protocol, std::vector<GroupCount>{count});
  ASSERT_EQ(metrics.size(), 4);
  const Estimate f1 = EstimateClusteredMean(values, cluster);
  const Estimate exact_match = EstimateClusteredMean(verdicts, cluster);
  for (const Metric& metric : metrics) {
    const Estimate& expected = metric.name == "f1" ? f1 : exact_match;
    EXPECT_NEAR(metric.value, expected.value, 1e-12);
    EXPECT_NEAR(metric.standard_error, expected.standard_error, 1e-12) << metric.name;
    EXPECT_NEAR(metric.low, std::max(0.0, expected.interval.low), 1e-12);
    EXPECT_NEAR(metric.high, std::min(1.0, expected.interval.high), 1e-12);
  }
}

TEST(MetricsTest, ClustersWithoutVarianceAreVerdicts) {
  const Benchmark& drop = **FindBenchmark("drop");
  GroupCount count = {"drop", 4, 4, 0, 0, 0, 4, 4};
  count.clusters = {2, 8, 8, 8, 8, 8};
  const auto metrics =
      ComputeMetrics(drop, **drop.FindProtocol("instructeval"), std::vector<GroupCount>{count});
  EXPECT_EQ(metrics[0].standard_error, 0);
  EXPECT_NEAR(metrics[0].low, 0.34238, 1e-5);
}

TEST(MetricsTest, MacroAveragesOfClustersToo) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  // Two samples of each item: (1, 1), (0, 1), (0, 0) of task a; (1, 1), (1, 0) of task b.
  const std::vector<double> scores = {1, 1, 0, 1, 0, 0, 1, 1, 1, 0};
  const std::vector<int32_t> group = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
  const std::vector<int32_t> cluster = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4};
  GroupCount a = {"a", 6, 3, 0, 0, 0, 3, 3};
  a.clusters = {3, 12, 6, 5, 6, 5};
  GroupCount b = {"b", 4, 3, 0, 0, 0, 3, 3};
  b.clusters = {2, 8, 6, 5, 6, 5};
  const auto metrics = ComputeMetrics(bbh, bbh.protocols().front(), std::vector<GroupCount>{a, b});
  const Estimate expected = EstimateClusteredMacroMean(scores, group, cluster);
  EXPECT_NEAR(metrics[0].value, expected.value, 1e-12);
  EXPECT_NEAR(metrics[0].standard_error, expected.standard_error, 1e-12);
  EXPECT_NEAR(metrics[0].low, std::max(0.0, expected.interval.low), 1e-12);
}

TEST(MetricsTest, NothingWithoutAVerdict) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  EXPECT_TRUE(ComputeMetrics(bbh, bbh.protocols().front(), {}).empty());
  EXPECT_TRUE(ComputeMetrics(bbh, bbh.protocols().front(), std::vector<GroupCount>{{"a", 0, 0, 0}})
                  .empty());
}

}  // namespace
}  // namespace assay
