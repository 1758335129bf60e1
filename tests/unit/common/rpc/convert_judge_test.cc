// What runs of judges add to messages.
#include <gtest/gtest.h>

#include <optional>

#include "common/rpc/convert.h"

namespace assay {
namespace {

TEST(ConvertJudgeTest, RunsNameTheRunThatTheyJudge) {
  RunSpec run;
  run.benchmark = "impact";
  run.model_name = "judge";
  run.judged_run = 11;
  run.judged_model = "writer";
  const auto back = FromProto(ToProto(run));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->judged_run, 11);
  EXPECT_EQ(back->judged_model, "writer");
  v1::RunSpec negative = ToProto(run);
  negative.set_judged_run(-1);
  EXPECT_EQ(FromProto(negative).status().message(),
            "RunSpec.judged_run: must be at least 0, got -1");
}

TEST(ConvertJudgeTest, MetricsTellTheirUnit) {
  Metric metric;
  metric.name = "relevance";
  metric.unit = MetricUnit::kRating;
  metric.value = 3.5;
  metric.deviation = 1.25;
  const auto back = FromProto(ToProto(metric));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->unit, MetricUnit::kRating);
  EXPECT_EQ(back->deviation, 1.25);
  v1::Metric of_before;
  of_before.set_name("accuracy");
  EXPECT_EQ(FromProto(of_before)->unit, MetricUnit::kShare);
  EXPECT_EQ(FromProto(of_before)->deviation, std::nullopt);
}

TEST(ConvertJudgeTest, VerdictsOfRatings) {
  for (const Verdict verdict : {Verdict::kRated, Verdict::kUngraded}) {
    Score score;
    score.grader = "judge_strict";
    score.verdict = verdict;
    const auto back = FromProto(ToProto(score));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->verdict, verdict);
    EXPECT_EQ(ParseVerdict(VerdictName(verdict)).value(), verdict);
  }
}

}  // namespace
}  // namespace assay
