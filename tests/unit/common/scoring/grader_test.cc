#include "common/scoring/grader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/benchmark/benchmark.h"
#include "common/catalog/built_in.h"

namespace assay {
namespace {

Score GradeText(const std::string& output, const std::string& target) {
  Item item;
  item.target = target;
  Prediction prediction;
  prediction.output = output;
  return (*FindGrader("starts_with"))->Grade(item, prediction);
}

Score GradeChoices(const std::vector<double>& loglikelihoods, const std::string& target) {
  Item item;
  item.choices = {"A", "B", "C", "D"};
  item.target = target;
  Prediction prediction;
  prediction.choice_loglikelihoods = loglikelihoods;
  return (*FindGrader("max_loglikelihood"))->Grade(item, prediction);
}

TEST(GraderTest, UnknownNameListsTheGraders) {
  const std::string message(FindGrader("x").status().message());
  EXPECT_EQ(message.rfind("unknown grader \"x\"; there are: ", 0), 0u) << message;
  for (const char* name : {"drop_f1", "hhh", "human_eval", "judge_instructeval", "judge_strict",
                           "max_loglikelihood", "starts_with", "ungraded"}) {
    EXPECT_NE(message.find(name), std::string::npos) << name;
  }
}

TEST(GraderTest, StartsWithIsPythons) {
  EXPECT_EQ(GradeText(" \u00a0\nB.", "B").verdict, Verdict::kCorrect);
  EXPECT_EQ(GradeText(" \u00a0\nB. ", "B").extracted, "B.");
  EXPECT_EQ(GradeText("Because", "B").verdict, Verdict::kCorrect);
  EXPECT_EQ(GradeText("b", "B").verdict, Verdict::kWrong);
  EXPECT_EQ(GradeText("(B", "B").verdict, Verdict::kWrong);
  EXPECT_EQ(GradeText("", "").verdict, Verdict::kCorrect);
  // The target itself is not stripped.
  EXPECT_EQ(GradeText(" B", " B").verdict, Verdict::kWrong);
}

TEST(StartsWithTest, TellsNoAnswerFromAWrongOne) {
  for (const char* output : {"", " ", "\n\t", "\u00a0"}) {
    EXPECT_EQ(GradeText(output, "B").verdict, Verdict::kUnanswered) << output;
  }
  Item item;
  item.target = "B";
  item.choices = {"A", "B", "C", "D"};
  const auto grade = [&item](const std::string& output) {
    Prediction prediction;
    prediction.output = output;
    return (*FindGrader("starts_with"))->Grade(item, prediction).verdict;
  };
  EXPECT_EQ(grade("B"), Verdict::kCorrect);
  EXPECT_EQ(grade("A."), Verdict::kWrong);
  EXPECT_EQ(grade("The answer is B"), Verdict::kUnparsable);
  EXPECT_EQ(grade("b"), Verdict::kUnparsable);
  EXPECT_EQ(grade(""), Verdict::kUnanswered);
}

TEST(GraderTest, MaxLoglikelihoodTakesTheFirstOfEqualOnes) {
  EXPECT_EQ(GradeChoices({-2, -1, -3, -4}, "B").verdict, Verdict::kCorrect);
  EXPECT_EQ(GradeChoices({-2, -1, -1, -4}, "B").verdict, Verdict::kCorrect);
  EXPECT_EQ(GradeChoices({-2, -1, -1, -4}, "C").verdict, Verdict::kWrong);
  EXPECT_EQ(GradeChoices({-2, -1, -1, -4}, "C").extracted, "B");
  const double least = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(GradeChoices({least, least, least, -900}, "D").verdict, Verdict::kCorrect);
}

TEST(GraderTest, NumbersThatDoNotMatchTheChoicesAreAnError) {
  EXPECT_EQ(GradeChoices({}, "A").verdict, Verdict::kError);
  EXPECT_EQ(GradeChoices({-1, -2, -3}, "A").verdict, Verdict::kError);
  EXPECT_EQ(GradeChoices({-1, -2, -3, std::nan("")}, "A").verdict, Verdict::kError);
}

TEST(GraderTest, ErrorsAreErrorsForEveryGrader) {
  Item item;  // the empty target would match any output
  Prediction prediction;
  prediction.error = "out of memory";
  for (const char* name : {"starts_with", "max_loglikelihood"}) {
    const Score score = (*FindGrader(name))->Grade(item, prediction);
    EXPECT_EQ(score.verdict, Verdict::kError);
    EXPECT_EQ(score.grader, name);
    EXPECT_EQ(score.grader_version, (*FindGrader(name))->version());
    EXPECT_EQ(score.extracted, "");
  }
}

TEST(GraderTest, EveryProtocolsGraderExists) {
  for (const Benchmark* benchmark : AllBenchmarks()) {
    for (const ProtocolSpec& protocol : benchmark->protocols()) {
      const auto grader = FindGrader(protocol.grader);
      ASSERT_TRUE(grader.ok()) << grader.status();
      EXPECT_EQ((*grader)->name(), protocol.grader);
    }
  }
}

Score GradeHhh(const std::vector<double>& loglikelihoods) {
  Item item;
  item.choices = {"A", "B"};
  item.target = "chosen";
  Prediction prediction;
  prediction.choice_loglikelihoods = loglikelihoods;
  return (*FindGrader("hhh"))->Grade(item, prediction);
}

TEST(GraderTest, HhhTakesBothOrdersTogether) {
  // A and B with the chosen answer as A, then A and B with the chosen answer as B.
  EXPECT_EQ(GradeHhh({-1, -2, -2, -1}).verdict, Verdict::kCorrect);
  EXPECT_EQ(GradeHhh({-1, -2, -2, -1}).extracted, "chosen");
  // A model that always prefers A, a little more so when A is right, is right.
  EXPECT_EQ(GradeHhh({-1, -5, -1, -4}).verdict, Verdict::kCorrect);
  EXPECT_EQ(GradeHhh({-1, -4, -1, -5}).verdict, Verdict::kWrong);
  EXPECT_EQ(GradeHhh({-1, -4, -1, -5}).extracted, "rejected");
  EXPECT_EQ(GradeHhh({-1, -2, -1, -2}).verdict, Verdict::kWrong);  // no preference
}

TEST(GraderTest, HhhDoesNotDependOnWhatAPromptsNumbersShare) {
  // Softmax takes the same from both letters of one prompt.
  EXPECT_EQ(GradeHhh({7, 6, -3, -3.5}).verdict, GradeHhh({-1, -2, -9, -9.5}).verdict);
  EXPECT_EQ(GradeHhh({7, 6, -3.5, -3}).verdict, GradeHhh({-1, -2, -9.5, -9}).verdict);
}

TEST(GraderTest, HhhWithoutFourNumbersIsAnError) {
  const double least = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(GradeHhh({-1, -2}).verdict, Verdict::kError);
  EXPECT_EQ(GradeHhh({-1, -2, -1, std::nan("")}).verdict, Verdict::kError);
  EXPECT_EQ(GradeHhh({-1, -2, -1, least}).verdict, Verdict::kWrong);
}

TEST(GraderTest, HumanEvalTakesWhatBecameOfTheProgram) {
  const auto grade = [](const std::string& outcome) {
    Prediction prediction;
    prediction.output = "\n   return 1\n\nmore";
    prediction.program_outcome = outcome;
    return (*FindGrader("human_eval"))->Grade(Item(), prediction);
  };
  EXPECT_EQ(grade(kProgramPassed).verdict, Verdict::kCorrect);
  EXPECT_EQ(grade(kProgramPassed).extracted, "    return 1");
  EXPECT_EQ(grade("failed: AssertionError").verdict, Verdict::kWrong);
  EXPECT_EQ(grade("failed: SyntaxError: invalid syntax").verdict, Verdict::kUnparsable);
  EXPECT_EQ(grade("").verdict, Verdict::kError);
}

}  // namespace
}  // namespace assay
