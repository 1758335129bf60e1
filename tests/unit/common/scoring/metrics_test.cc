#include "common/scoring/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

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
  ASSERT_EQ(metrics.size(), 7);
  ExpectMetric(metrics[0], "", 0.5, std::sqrt(0.25 / 15), 16, 1);
  ExpectMetric(metrics[1], "abstract_algebra", 0.5, std::sqrt(0.25 / 9), 10, 1);
  ExpectMetric(metrics[2], "astronomy", 1, 0, 2, 0);
  ExpectMetric(metrics[3], "my_own", 0.25, 0.25, 4, 0);  // sqrt(0.1875 / 3)
  const double stem = 7.0 / 12;
  ExpectMetric(metrics[4], "category:STEM", stem, std::sqrt(stem * (1 - stem) / 11), 12, 1);
  ExpectMetric(metrics[5], "subcategory:math", 0.5, std::sqrt(0.25 / 9), 10, 1);
  ExpectMetric(metrics[6], "subcategory:physics", 1, 0, 2, 0);
}

TEST(MetricsTest, MacroAverageWeighsGroups) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  const std::vector<GroupCount> counts = {{"a", 4, 1, 0}, {"b", 5, 4, 1}, {"none", 0, 0, 0}};
  const auto metrics = ComputeMetrics(bbh, bbh.protocols().front(), counts);
  ASSERT_EQ(metrics.size(), 3);
  // Squared errors: 0.1875 / 3 = 0.0625 and 0.16 / 4 = 0.04.
  ExpectMetric(metrics[0], "", 0.525, std::sqrt(0.1025) / 2, 9, 1);
  ExpectMetric(metrics[1], "a", 0.25, 0.25, 4, 0);
  ExpectMetric(metrics[2], "b", 0.8, 0.2, 5, 1);
}

TEST(MetricsTest, OneItemHasNoStandardError) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  const auto metrics =
      ComputeMetrics(bbh, bbh.protocols().front(), std::vector<GroupCount>{{"a", 1, 1, 0}});
  ASSERT_EQ(metrics.size(), 2);
  ExpectMetric(metrics[0], "", 1, 0, 1, 0);
}

TEST(MetricsTest, NothingWithoutAVerdict) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  EXPECT_TRUE(ComputeMetrics(bbh, bbh.protocols().front(), {}).empty());
  EXPECT_TRUE(ComputeMetrics(bbh, bbh.protocols().front(), std::vector<GroupCount>{{"a", 0, 0, 0}})
                  .empty());
}

}  // namespace
}  // namespace assay
