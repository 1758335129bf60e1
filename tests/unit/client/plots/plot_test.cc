#include "client/plots/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

IntervalPlot Intervals(const std::string& label, double value) {
  IntervalPlot plot;
  plot.x.label = "points";
  plot.series = {"ours"};
  plot.rows = {{label, 0, value, Interval{value - 1, value + 1}}};
  return plot;
}

TEST(PlotTest, IsSvgAndTheSameEachTime) {
  const absl::StatusOr<std::string> svg = DrawSvg(Intervals("model", 3));
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, StartsWith("<svg"));
  EXPECT_THAT(*svg, HasSubstr("model"));
  EXPECT_EQ(*svg, *DrawSvg(Intervals("model", 3)));
  EXPECT_NE(*svg, *DrawSvg(Intervals("model", 4)));
}

TEST(PlotTest, NamesAreNoMarkup) {
  const absl::StatusOr<std::string> svg = DrawSvg(Intervals("<script>a & b\xff", 3));
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, Not(HasSubstr("<script")));
  EXPECT_THAT(*svg, HasSubstr("&lt;script&gt;a &amp; b\xef\xbf\xbd"));
}

TEST(PlotTest, DrawsPointsAndLines) {
  ScatterPlot plot;
  plot.x = {"parameters", true};
  plot.y.label = "score";
  plot.series = {{"LLaMA", {{7e9, 27.6}, {13e9, 38.2, Interval{36, 40}}}, {{7e9, 28}, {13e9, 38}}},
                 {"T5", {{11e9, 50.8}}}};
  const absl::StatusOr<std::string> svg = DrawSvg(plot);
  ASSERT_TRUE(svg.ok()) << svg.status();
  for (const char* text : {"LLaMA", "T5", "parameters", "10B", "<polyline", "<circle"}) {
    EXPECT_THAT(*svg, HasSubstr(text));
  }
}

TEST(PlotTest, DrawsCorrelations) {
  CorrelationPlot plot;
  plot.labels = {"MMLU", "BBH"};
  plot.values = {{1.0, std::nullopt}, {std::nullopt, 1.0}};
  const absl::StatusOr<std::string> svg = DrawSvg(plot);
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, HasSubstr("1.00"));
  EXPECT_THAT(*svg, HasSubstr("–"));
}

TEST(PlotTest, RefusesWhatHasNoPlace) {
  EXPECT_TRUE(absl::IsInvalidArgument(DrawSvg(IntervalPlot()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DrawSvg(ScatterPlot()).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DrawSvg(CorrelationPlot()).status()));
  IntervalPlot other = Intervals("model", 3);
  other.rows[0].series = 1;
  EXPECT_TRUE(absl::IsInvalidArgument(DrawSvg(other).status()));
  ScatterPlot below;
  below.x.logarithmic = true;
  below.series = {{"a", {{0, 1}}}};
  EXPECT_TRUE(absl::IsInvalidArgument(DrawSvg(below).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DrawSvg(Intervals("model", std::nan(""))).status()));
}

}  // namespace
}  // namespace assay
