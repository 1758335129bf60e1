#include "common/scoring/drop_metrics.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "common/scoring/grader.h"

namespace assay {
namespace {

using Spans = std::vector<std::string>;

// Made by tests/golden/make_drop_metrics_golden.py.
nlohmann::json Golden() {
  std::ifstream file("tests/golden/drop_metrics.json");
  return nlohmann::json::parse(file);
}

TEST(DropMetricsTest, SpansAreNormalizedAsByPython) {
  const nlohmann::json golden = Golden();
  ASSERT_GE(golden["normalized"].size(), 50u);
  for (const auto& [span, normalized] : golden["normalized"].items()) {
    EXPECT_EQ(NormalizeDropSpan(span), normalized) << span;
  }
}

TEST(DropMetricsTest, ScoresAreThoseOfAnotherImplementation) {
  const nlohmann::json golden = Golden();
  ASSERT_GE(golden["scores"].size(), 500u);
  for (const nlohmann::json& record : golden["scores"]) {
    const DropScore score =
        ScoreDropSpans(record["predicted"].get<Spans>(), record["reference"].get<Spans>());
    EXPECT_EQ(score.exact_match, record["exact_match"]) << record;
    EXPECT_EQ(score.f1, record["f1"].get<double>()) << record;
  }
}

TEST(DropMetricsTest, ManySpansAreAlignedQuickly) {
  Spans predicted, reference;
  for (int i = 0; i < 200; ++i) {
    predicted.push_back("word" + std::to_string(i));
    reference.push_back("word" + std::to_string(199 - i) + " more");
  }
  EXPECT_EQ(ScoreDropSpans(predicted, reference).f1, 0.67);
}

Score Grade(const std::string& output, const std::string& references) {
  Item item;
  if (!references.empty()) item.fields["references"] = references;
  Prediction prediction;
  prediction.output = output;
  return (*FindGrader("drop_f1"))->Grade(item, prediction);
}

TEST(DropF1Test, TheBestReferenceCounts) {
  const Score score = Grade("  the  Wells. \nNext question", R"([["Ann Wells"], ["Wells"]])");
  EXPECT_EQ(score.extracted, "the  Wells.");
  EXPECT_EQ(score.verdict, Verdict::kCorrect);
  EXPECT_EQ(score.value(), 1);
  const Score partly = Grade("Wells", R"([["Ann Wells"], ["Kemp"]])");
  EXPECT_EQ(partly.verdict, Verdict::kWrong);
  EXPECT_EQ(partly.value(), 0.67);
  EXPECT_EQ(Grade("Ann Wells and Ruth Kemp", R"([["Ann Wells", "Ruth Kemp"]])").value(), 0.29);
  EXPECT_EQ(Grade("", R"([["3"]])").value(), 0);
}

TEST(DropF1Test, WithoutReferencesItCannotBeGraded) {
  for (const char* references : {"", "[]", "[[]]", "{}", "[[3]]", "[", "[\"a\"]"}) {
    const Score score = Grade("3", references);
    EXPECT_EQ(score.verdict, Verdict::kError) << references;
    EXPECT_EQ(score.value(), 0) << references;
  }
}

}  // namespace
}  // namespace assay
