#include "client/output/score_cells.h"

#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

TEST(ScoreCellsTest, RoundForPeopleAndKeepTheNumber) {
  EXPECT_EQ(PercentCell(0.41234).text, "41.23");
  EXPECT_EQ(PercentCell(0.41234).value, 0.41234);
  EXPECT_EQ(PointsCell(0.0123).text, "+1.23");
  EXPECT_EQ(PointsCell(-0.0123).text, "-1.23");
  EXPECT_EQ(PointsCell(-0.00001).text, "0.00");
  EXPECT_EQ(IntervalCell(0.381, 0.4442).text, "38.10–44.42");
  EXPECT_EQ(SignedIntervalCell(-0.0051, 0.0298).text, "-0.51 … +2.98");
  EXPECT_EQ(ProbabilityCell(0.03125).text, "0.0312");
  EXPECT_EQ(ProbabilityCell(1e-9).text, "<0.0001");
  EXPECT_EQ(ProbabilityCell(1e-9).value, 1e-9);
}

TEST(ScoreCellsTest, WhatIsNotDefinedIsNull) {
  const double nan = std::nan("");
  for (const Cell& cell : {PercentCell(nan), PointsCell(nan), IntervalCell(nan, 1),
                           SignedIntervalCell(nan, nan), ProbabilityCell(nan)}) {
    EXPECT_EQ(cell.text, "-");
    EXPECT_EQ(cell.value, nullptr);
  }
  EXPECT_EQ(NumberJson(nan), nullptr);
  EXPECT_EQ(NumberJson(0.5), 0.5);
}

}  // namespace
}  // namespace assay
