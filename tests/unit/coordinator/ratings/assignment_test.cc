#include "coordinator/ratings/assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace assay {
namespace {

using Assigned = std::vector<std::vector<RatingUnit>>;

std::vector<RatedAnswer> Answers(int runs, int items) {
  std::vector<RatedAnswer> answers;
  for (int run = 1; run <= runs; ++run) {
    for (int item = 0; item < items; ++item) answers.push_back({run, item});
  }
  return answers;
}

template <typename Counts>
int Spread(const Counts& counts) {
  int least = counts.begin()->second;
  int most = least;
  for (const auto& [key, count] : counts) {
    least = std::min(least, count);
    most = std::max(most, count);
  }
  return most - least;
}

TEST(AssignRatingsTest, EveryAnswerGoesToSoManyRatersAndAllHaveAsMany) {
  for (const int raters : {2, 3, 5, 8}) {
    for (const int each : {1, 2, 3}) {
      if (each > raters) continue;
      const Assigned assigned =
          AssignRatings(Answers(3, 37), {.raters = raters, .raters_per_answer = each}).value();
      std::map<std::pair<int64_t, int64_t>, std::set<int>> raters_of;
      std::map<int, int> units;
      std::map<int64_t, std::map<int, int>> of_run;
      for (int rater = 0; rater < raters; ++rater) {
        units[rater] = static_cast<int>(assigned[rater].size());
        for (const RatingUnit& unit : assigned[rater]) {
          ASSERT_EQ(unit.size(), 1u);
          std::set<int>& who = raters_of[{unit[0].run_id, unit[0].ordinal}];
          EXPECT_TRUE(who.insert(rater).second);
          ++of_run[unit[0].run_id][rater];
        }
      }
      EXPECT_EQ(raters_of.size(), 111u);
      for (const auto& [answer, who] : raters_of) EXPECT_EQ(who.size(), static_cast<size_t>(each));
      EXPECT_LE(Spread(units), 1) << raters << " raters, " << each << " an answer";
      for (const auto& [run, counts] : of_run) EXPECT_LE(Spread(counts), 1) << "run " << run;
    }
  }
}

TEST(AssignRatingsTest, RatersMeetAllOthersAsOften) {
  const Assigned assigned = AssignRatings(Answers(2, 60), {.raters = 4}).value();
  std::map<std::pair<int64_t, int64_t>, std::vector<int>> raters_of;
  for (int rater = 0; rater < 4; ++rater) {
    for (const RatingUnit& unit : assigned[rater]) {
      raters_of[{unit[0].run_id, unit[0].ordinal}].push_back(rater);
    }
  }
  std::map<std::vector<int>, int> met;
  for (const auto& [answer, who] : raters_of) ++met[who];
  EXPECT_EQ(met.size(), 6u);  // every two of four
  EXPECT_LE(Spread(met), 10);
}

TEST(AssignRatingsTest, InPairsModelsStandTogetherAndOnEitherSideAsOften) {
  const Assigned assigned =
      AssignRatings(Answers(4, 60), {.raters = 3, .raters_per_answer = 3, .pairs = true}).value();
  std::map<std::pair<int64_t, int64_t>, int> together;
  std::map<int64_t, int> left;
  std::set<std::pair<int64_t, int64_t>> seen;
  for (const RatingUnit& unit : assigned[0]) {
    ASSERT_EQ(unit.size(), 2u);
    EXPECT_EQ(unit[0].ordinal, unit[1].ordinal);
    EXPECT_NE(unit[0].run_id, unit[1].run_id);
    for (const RatedAnswer& answer : unit) {
      EXPECT_TRUE(seen.emplace(answer.run_id, answer.ordinal).second);
    }
    ++together[std::pair(std::min(unit[0].run_id, unit[1].run_id),
                         std::max(unit[0].run_id, unit[1].run_id))];
    ++left[unit[0].run_id];
  }
  EXPECT_EQ(seen.size(), 240u);
  EXPECT_EQ(together.size(), 6u);
  EXPECT_LE(Spread(together), 4);
  EXPECT_LE(Spread(left), 4);
}

TEST(AssignRatingsTest, WhereTheNumberIsOddOneStandsAloneAndNotAlwaysTheSame) {
  const Assigned assigned =
      AssignRatings(Answers(3, 30), {.raters = 2, .raters_per_answer = 2, .pairs = true}).value();
  std::map<int64_t, int> alone;
  for (const RatingUnit& unit : assigned[0]) {
    if (unit.size() == 1) ++alone[unit[0].run_id];
  }
  EXPECT_EQ(alone.size(), 3u);
  EXPECT_LE(Spread(alone), 2);
}

TEST(AssignRatingsTest, TheSameSeedGivesTheSame) {
  const std::vector<RatedAnswer> answers = Answers(2, 20);
  EXPECT_EQ(*AssignRatings(answers, {.seed = 3}), *AssignRatings(answers, {.seed = 3}));
  EXPECT_NE(*AssignRatings(answers, {.seed = 3}), *AssignRatings(answers, {.seed = 4}));
}

TEST(AssignRatingsTest, TooFewRatersOrNoAnswersAreRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      AssignRatings(Answers(1, 1), {.raters = 1, .raters_per_answer = 2}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(AssignRatings({}, {}).status()));
}

}  // namespace
}  // namespace assay
