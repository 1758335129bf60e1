#include "common/scoring/judge_graders.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/benchmark/impact.h"
#include "common/scoring/judge_reply.h"
#include "common/scoring/metrics.h"
#include "common/scoring/ungraded.h"

namespace assay {
namespace {

Item Judged(const std::string& answer) {
  Item item;
  item.id = "impact/creative/0";
  item.fields[kAnswerField] = answer;
  return item;
}

Prediction Reply(const std::string& text) {
  Prediction prediction;
  prediction.output = text;
  return prediction;
}

TEST(JudgeReplyTest, ReadsARatingThatIsSaidAlone) {
  const std::map<std::string, int> replies = {
      {"4", 4},
      {" 4\n", 4},
      {"4.", 4},
      {"**4**", 4},
      {"(4)", 4},
      {"4/5", 4},
      {"4 / 5", 4},
      {"4 out of 5", 4},
      {"Rating: 4", 4},
      {"**Rating:** 4/5", 4},
      {"score = 2", 2},
      {"5 - Excellent", 5},
      {"1 (inadequate)", 1},
      {"Proficient", 4},
      {"Rating: limited.", 2},
      {"The text has 7 lines and is good.\n\nRating: 3\n", 3},
      {"3\n3 - satisfactory", 3}};
  for (const auto& [reply, rating] : replies) EXPECT_EQ(ReadRating(reply), rating) << reply;
}

TEST(JudgeReplyTest, ReadsNothingIntoOtherReplies) {
  for (const char* reply :
       {"", "   ", "good", "0", "6", "45", "4.5", "4,5", "1-5", "I would give it a 4.", "4/10",
        "4/50", "4 - excellent", "Rating: 3\nRating: 4", "4 because it rhymes", "Rating:", "-4"}) {
    EXPECT_EQ(ReadRating(reply), std::nullopt) << reply;
  }
}

TEST(JudgeReplyTest, InstructEvalTakesTheLastDigit) {
  const std::map<std::string, int> replies = {{"4", 4}, {"4/5", 5},  {"2 of 10", 1}, {"7", 1},
                                              {"", 1},  {"none", 1}, {"3 and 2.", 2}};
  for (const auto& [reply, rating] : replies) {
    EXPECT_EQ(ReadInstructEvalRating(reply), rating) << reply;
  }
}

TEST(JudgeGradersTest, StrictTellsWhatHasNoRatingApart) {
  const JudgeStrictGrader grader;
  const Score score = grader.Grade(Judged("text"), Reply("Rating: 4"));
  EXPECT_EQ(score.verdict, Verdict::kRated);
  EXPECT_EQ(score.partial, 0.75);
  EXPECT_EQ(score.extracted, "4");
  EXPECT_EQ(score.grader, "judge_strict");
  EXPECT_EQ(grader.Grade(Judged("text"), Reply("fine")).verdict, Verdict::kUnparsable);
  EXPECT_EQ(grader.Grade(Judged("text"), Reply("")).verdict, Verdict::kUnparsable);
  EXPECT_EQ(grader.Grade(Judged(" \n"), Reply("5")).verdict, Verdict::kUnanswered);
  // Who grades again without the answers.
  EXPECT_EQ(grader.Grade(Item(), Reply("5")).verdict, Verdict::kRated);
}

TEST(JudgeGradersTest, InstructEvalRatesEveryReply) {
  const JudgeInstructEvalGrader grader;
  const Score none = grader.Grade(Judged(""), Reply("fine"));
  EXPECT_EQ(none.verdict, Verdict::kRated);
  EXPECT_EQ(none.partial, 0.0);
  EXPECT_EQ(grader.Grade(Judged("text"), Reply("of 10: 3")).partial, 0.5);
}

TEST(JudgeGradersTest, ErrorsOfTheJudgeAndOfTheAnswerAreErrors) {
  Prediction failed;
  failed.error = "the endpoint does not answer";
  Item no_answer = Judged("");
  no_answer.fields[kAnswerErrorField] = "the item could not be run";
  const JudgeStrictGrader strict;
  const JudgeInstructEvalGrader last_digit;
  for (const Grader* grader :
       {static_cast<const Grader*>(&strict), static_cast<const Grader*>(&last_digit)}) {
    EXPECT_EQ(grader->Grade(Judged("text"), failed).verdict, Verdict::kError);
    EXPECT_EQ(grader->Grade(no_answer, Reply("5")).verdict, Verdict::kError);
  }
}

TEST(UngradedTest, ToldFromNoAnswer) {
  const UngradedGrader grader;
  EXPECT_EQ(grader.Grade(Item(), Reply("x")).verdict, Verdict::kUngraded);
  EXPECT_EQ(grader.Grade(Item(), Reply("x")).value(), 0);
  EXPECT_EQ(grader.Grade(Item(), Reply("\n ")).verdict, Verdict::kUnanswered);
  Prediction failed;
  failed.error = "why";
  EXPECT_EQ(grader.Grade(Item(), failed).verdict, Verdict::kError);
}

// Ratings 5, 4, 2 of "a", 1 of "b" with one reply that cannot be read, and none of "c".
std::vector<GroupCount> Counts() {
  GroupCount a;
  a.group = "a";
  a.items = 4;
  a.errors = 1;
  a.values = 1 + 0.75 + 0.25;
  a.squared_values = 1 + 0.5625 + 0.0625;
  GroupCount b;
  b.group = "b";
  b.items = 2;
  b.unparsable = 1;
  GroupCount c;
  c.group = "c";
  c.items = 1;
  c.unanswered = 1;
  return {a, b, c};
}

const Metric& Find(const std::vector<Metric>& metrics, const std::string& group) {
  for (const Metric& metric : metrics) {
    if (metric.group == group && metric.name == "relevance") return metric;
  }
  ADD_FAILURE() << group;
  return metrics.front();
}

TEST(RatingMetricsTest, AreMeansOfTheItemsThatHaveARating) {
  const ImpactBenchmark benchmark;
  const auto metrics =
      ComputeMetrics(benchmark, **benchmark.FindProtocol("judge-relevance"), Counts());
  const Metric& all = metrics.front();
  EXPECT_EQ(all.group, "");
  EXPECT_EQ(all.unit, MetricUnit::kRating);
  EXPECT_EQ(all.items, 4);
  EXPECT_EQ(all.errors, 1);
  EXPECT_EQ(all.unparsable, 1);
  EXPECT_EQ(all.unanswered, 1);
  EXPECT_DOUBLE_EQ(all.value, 3);  // of 5, 4, 2, 1
  EXPECT_NEAR(*all.deviation, 1.5811388300841898, 1e-12);
  EXPECT_NEAR(all.standard_error, 0.9128709291752769, 1e-12);
  EXPECT_NEAR(all.low, 1, 1e-12);  // Student's would lead below the scale
  EXPECT_NEAR(all.high, 5, 1e-12);

  const Metric& a = Find(metrics, "a");
  EXPECT_NEAR(a.value, 11.0 / 3, 1e-12);
  EXPECT_NEAR(*a.deviation, 1.247219128924647, 1e-12);
  EXPECT_EQ(a.items, 3);
  EXPECT_EQ(Find(metrics, "b").value, 1);
  EXPECT_EQ(Find(metrics, "b").items, 1);
  const Metric& c = Find(metrics, "c");
  EXPECT_TRUE(std::isnan(c.value));
  EXPECT_EQ(c.items, 0);
  EXPECT_EQ(c.unanswered, 1);
  EXPECT_EQ(c.deviation, std::nullopt);
  EXPECT_EQ(c.low, 1);
  EXPECT_EQ(c.high, 5);

  EXPECT_EQ(metrics.back().name, "relevance_macro");
  EXPECT_NEAR(metrics.back().value, (11.0 / 3 + 1) / 2, 1e-12);
}

TEST(RatingMetricsTest, AnswersHaveNone) {
  const ImpactBenchmark benchmark;
  EXPECT_TRUE(
      ComputeMetrics(benchmark, **benchmark.FindProtocol("instructeval"), Counts()).empty());
}

}  // namespace
}  // namespace assay
