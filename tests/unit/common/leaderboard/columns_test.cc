#include "common/leaderboard/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Keys(const std::vector<LeaderboardColumn>& columns) {
  std::vector<std::string> keys;
  for (const LeaderboardColumn& column : columns) keys.push_back(column.key);
  return keys;
}

TEST(ColumnsTest, TheSuiteHasTheReferencesColumns) {
  EXPECT_THAT(Keys(ColumnsOf(LeaderboardView::kSuite)),
              ElementsAre("mmlu", "bbh", "drop", "crass", "human_eval", "average", "hhh",
                          "impact/relevance", "impact/coherence"));
  EXPECT_THAT(Keys(ColumnsOf(LeaderboardView::kAlignment)),
              ElementsAre("hhh/harmless", "hhh/helpful", "hhh/honest", "hhh/other", "hhh"));
  const std::vector<LeaderboardColumn> writing = ColumnsOf(LeaderboardView::kWriting);
  EXPECT_EQ(writing.size(), 10u);
  EXPECT_EQ(writing[0].key, "impact/relevance/informative");
  EXPECT_EQ(writing[0].title, "Inf Rel.");
  EXPECT_TRUE(NeedGroups(writing));
  EXPECT_FALSE(NeedGroups(ColumnsOf(LeaderboardView::kProblemSolving)));
}

TEST(ColumnsTest, BenchmarksByNameAndUsersOwn) {
  const std::vector<LeaderboardColumn> columns = ColumnsOf({"impact", "mine", "bbh"});
  EXPECT_THAT(Keys(columns), ElementsAre("impact/relevance", "impact/coherence", "mine", "bbh"));
  EXPECT_EQ(columns[2].title, "mine");
  EXPECT_EQ(columns[3].title, "BBH");
}

TEST(ColumnsTest, ViewsHaveNames) {
  EXPECT_EQ(ParseLeaderboardView("alignment").value(), LeaderboardView::kAlignment);
  EXPECT_EQ(LeaderboardViewName(LeaderboardView::kProblemSolving), "problem_solving");
  EXPECT_FALSE(ParseLeaderboardView("everything").ok());
}

TEST(ColumnsTest, FindsAveragesThatDoNotFollow) {
  Baseline baseline;
  baseline.kind = BaselineKind::kAlignment;
  BaselineRow row;
  row.line = 3;
  row.model = "m";
  row.scores = {{"hhh/harmless", 0.5},
                {"hhh/helpful", 0.6},
                {"hhh/honest", 0.7},
                {"hhh/other", 0.801},
                {"hhh", 0.651}};
  baseline.rows = {row};
  EXPECT_THAT(FindWrongAverages(baseline), IsEmpty());  // 0.65025, and rounding
  baseline.rows[0].scores["hhh"] = 0.66;
  const std::vector<WrongAverage> wrong = FindWrongAverages(baseline);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].line, 3);
  EXPECT_EQ(wrong[0].key, "hhh");
  EXPECT_NEAR(wrong[0].computed, 0.65025, 1e-9);
  // An average of which a part is missing is none.
  baseline.rows[0].scores["hhh"] = 0.6;
  baseline.rows[0].scores.erase("hhh/other");
  EXPECT_EQ(FindWrongAverages(baseline).size(), 1u);
  baseline.rows[0].scores.erase("hhh");
  EXPECT_THAT(FindWrongAverages(baseline), IsEmpty());
}

}  // namespace
}  // namespace assay
