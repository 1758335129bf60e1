#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/scoring/accepted_targets.h"
#include "common/scoring/grader_kind.h"
#include "common/scoring/number.h"
#include "common/scoring/text_normalization.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

Item WithTargets(const std::vector<std::string>& targets) {
  Item item;
  item.target = targets.front();
  for (size_t i = 1; i < targets.size(); ++i) {
    item.fields[absl::StrCat("target@", i + 1)] = targets[i];
  }
  return item;
}

Item WithOptions(const std::string& target) {
  Item item;
  item.choices = {"A", "B", "C", "D"};
  item.fields = {{"A", "Paris"}, {"B", "Rome"}, {"C", "Bern"}, {"D", "Rome or Bern"}};
  item.target = target;
  return item;
}

Score Grade(const GraderSpec& spec, const Item& item, const std::string& output) {
  const auto grader = MakeGrader(spec);
  EXPECT_TRUE(grader.ok()) << grader.status();
  Prediction prediction;
  prediction.output = output;
  return (*grader)->Grade(item, prediction);
}

Verdict VerdictOf(const GraderSpec& spec, const Item& item, const std::string& output) {
  return Grade(spec, item, output).verdict;
}

TEST(TextNormalizationTest, DropsWhatDoesNotCount) {
  EXPECT_EQ(NormalizeText("  The  Cat, a\u00a0\u00c9clair. ", {true, true, true, true}),
            "cat \u00e9clair");
  EXPECT_EQ(NormalizeText(" The  cat. ", {}), "The cat.");
  EXPECT_EQ(NormalizeText(" a  b ", {.collapse_spaces = false}), "a  b");
  EXPECT_EQ(NormalizeText("theatre an", {.ignore_articles = true}), "theatre");
}

TEST(ExactMatchTest, ComparesWithEveryAcceptedTarget) {
  const Item item = WithTargets({"Bern", "the city of Bern"});
  EXPECT_EQ(AcceptedTargets(item).size(), 2);
  EXPECT_EQ(VerdictOf({"exact_match"}, item, " Bern\n"), Verdict::kCorrect);
  EXPECT_EQ(VerdictOf({"exact_match"}, item, "the  city of Bern"), Verdict::kCorrect);
  EXPECT_EQ(VerdictOf({"exact_match"}, item, "bern"), Verdict::kWrong);
  EXPECT_EQ(VerdictOf({"exact_match"}, item, " \n"), Verdict::kUnanswered);
  const GraderSpec lenient = {
      "exact_match",
      {{"ignore_case", "true"}, {"ignore_punctuation", "true"}, {"ignore_articles", "true"}}};
  EXPECT_EQ(VerdictOf(lenient, item, "City of BERN."), Verdict::kCorrect);
}

TEST(ContainsTest, LooksForWholeWordsUnlessToldOtherwise) {
  const Item item = WithTargets({"cat"});
  EXPECT_EQ(VerdictOf({"contains"}, item, "a cat."), Verdict::kCorrect);
  EXPECT_EQ(VerdictOf({"contains"}, item, "concatenate"), Verdict::kWrong);
  EXPECT_EQ(VerdictOf({"contains"}, item, "concatenate the cat"), Verdict::kCorrect);
  EXPECT_EQ(VerdictOf({"contains", {{"whole_words", "false"}}}, item, "concatenate"),
            Verdict::kCorrect);
  EXPECT_EQ(VerdictOf({"contains"}, WithTargets({""}), "x"), Verdict::kWrong);
}

TEST(RegexTest, TakesTheGroupOfTheFirstOrLastMatch) {
  GraderSpec spec = {"regex", {{"pattern", "answer is (\\w+)"}}};
  const Item item = WithTargets({"42"});
  const std::string output = "The answer is 42. No, the answer is 43.";
  EXPECT_EQ(Grade(spec, item, output).extracted, "42");
  EXPECT_EQ(VerdictOf(spec, item, output), Verdict::kCorrect);
  spec.parameters.emplace("take", "last");
  EXPECT_EQ(Grade(spec, item, output).extracted, "43");
  EXPECT_EQ(VerdictOf(spec, item, "who knows"), Verdict::kUnparsable);
  EXPECT_EQ(VerdictOf(spec, item, " "), Verdict::kUnanswered);
  // Matches of nothing come to an end.
  EXPECT_EQ(Grade({"regex", {{"pattern", "x*"}, {"take", "last"}}}, item, "axxb").extracted, "");
}

TEST(NumberTest, ReadsNumbersAsPeopleWriteThem) {
  EXPECT_EQ(ReadNumber(" $1,234.50 "), 1234.5);
  EXPECT_EQ(ReadNumber("12%"), 12);
  EXPECT_EQ(ReadNumber("-2e3"), -2000);
  EXPECT_FALSE(ReadNumber("12 apples").has_value());
  const Item item = WithTargets({"1,234"});
  EXPECT_EQ(VerdictOf({"number"}, item, "5 + 1229 = 1234."), Verdict::kCorrect);
  EXPECT_EQ(VerdictOf({"number", {{"take", "first"}}}, item, "5 + 1229 = 1234."), Verdict::kWrong);
  EXPECT_EQ(VerdictOf({"number", {{"tolerance", "0.5"}}}, item, "1233.6"), Verdict::kCorrect);
  EXPECT_EQ(Grade({"number"}, WithTargets({"12"}), "pages 10-12").extracted, "12");
  EXPECT_EQ(VerdictOf({"number"}, WithTargets({"-12"}), "it is -12"), Verdict::kCorrect);
  EXPECT_EQ(VerdictOf({"number"}, item, "none"), Verdict::kUnparsable);
  EXPECT_EQ(VerdictOf({"number"}, WithTargets({"many"}), "3"), Verdict::kError);
}

TEST(ChoiceTest, FindsTheLabelThatIsNamed) {
  for (const char* output : {"B", " (B)", "B. Rome", "B)\nA", "The answer is B.", "Answer: (B)",
                             "I think (B) it is", "not A, so the answer is: B", "rome"}) {
    EXPECT_EQ(Grade({"choice"}, WithOptions("B"), output).extracted, "B") << output;
    EXPECT_EQ(VerdictOf({"choice"}, WithOptions("B"), output), Verdict::kCorrect) << output;
  }
  EXPECT_EQ(VerdictOf({"choice"}, WithOptions("B"), "A: Paris"), Verdict::kWrong);
  for (const char* output : {"A dog", "Bern or (A) or (B)", "the answer is Banana"}) {
    EXPECT_EQ(VerdictOf({"choice"}, WithOptions("B"), output), Verdict::kUnparsable) << output;
  }
  EXPECT_EQ(VerdictOf({"choice"}, WithOptions("B"), ""), Verdict::kUnanswered);
  Item many;
  many.choices = {"1", "10"};
  many.target = "10";
  EXPECT_EQ(Grade({"choice"}, many, "10.").extracted, "10");
}

TEST(TokenF1Test, CountsCommonWords) {
  const Item item = WithTargets({"the big red cat", "a dog"});
  const Score score = Grade({"token_f1"}, item, "Red cat!");
  EXPECT_EQ(score.verdict, Verdict::kWrong);
  EXPECT_DOUBLE_EQ(score.partial.value(), 0.8);  // 2 of 2 said, 2 of 3 right
  EXPECT_EQ(VerdictOf({"token_f1"}, item, "The dog."), Verdict::kCorrect);
  EXPECT_DOUBLE_EQ(Grade({"token_f1"}, item, "The dog.").partial.value(), 1);
  EXPECT_DOUBLE_EQ(Grade({"token_f1"}, item, "").partial.value(), 0);
}

TEST(MaxLoglikelihoodTest, DividesByTheLengthOfTheText) {
  Item item = WithOptions("D");
  Prediction prediction;
  prediction.choice_loglikelihoods = {-5, -5, -5, -6};
  EXPECT_EQ((*MakeGrader({"max_loglikelihood"}))->Grade(item, prediction).extracted, "A");
  EXPECT_EQ((*MakeGrader({"max_loglikelihood", {{"length", "characters"}}}))
                ->Grade(item, prediction)
                .extracted,
            "D");
  item.fields["A"] = "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9";  // 7 characters, 14 bytes
  prediction.choice_loglikelihoods = {-5, -50, -50, -6};
  EXPECT_EQ((*MakeGrader({"max_loglikelihood", {{"length", "bytes"}}}))
                ->Grade(item, prediction)
                .extracted,
            "A");
}

TEST(StopTextsTest, CutTheOutputThatIsGraded) {
  GraderSpec spec = {"exact_match", {}, {"\n\n", "Q:"}};
  const Item item = WithTargets({"Bern"});
  EXPECT_EQ(VerdictOf(spec, item, "Bern Q: next\n\nmore"), Verdict::kCorrect);
  EXPECT_EQ(VerdictOf(spec, item, "Bern, Q"), Verdict::kWrong);
  EXPECT_EQ((*MakeGrader(spec))->name(), "exact_match");
}

TEST(MakeGraderTest, SaysWhatIsWrongWithParameters) {
  const auto message = [](const GraderSpec& spec) {
    return std::string(MakeGrader(spec).status().message());
  };
  EXPECT_THAT(message({"nope"}), HasSubstr("unknown grader \"nope\"; there are: choice, contains"));
  EXPECT_EQ(message({"regex"}), "grader regex needs the parameter pattern");
  EXPECT_THAT(message({"regex", {{"pattern", "("}}}), HasSubstr("is no regular expression of RE2"));
  EXPECT_EQ(message({"exact_match", {{"case", "true"}}}),
            "grader exact_match has no parameter \"case\"");
  EXPECT_EQ(message({"exact_match", {{"ignore_case", "yes"}}}),
            "parameter ignore_case of grader exact_match: must be true or false");
  EXPECT_EQ(message({"number", {{"tolerance", "-1"}}}),
            "parameter tolerance of grader number: must be a number of at least 0");
  EXPECT_EQ(message({"number", {{"take", "any"}}}),
            "parameter take of grader number: must be one of first, last");
  EXPECT_EQ(message({"hhh", {{"x", "y"}}}), "grader hhh has no parameters");
}

TEST(MakeGraderTest, KindsCanBeFoundByNameAlone) {
  for (const GraderKind& kind : GraderKinds()) {
    const auto found = FindGrader(kind.name);
    EXPECT_EQ(found.ok(), kind.name != "regex") << kind.name;
    if (found.ok()) {
      EXPECT_EQ((*found)->name(), kind.name);
    }
  }
}

TEST(GraderKindsTest, ErrorsAreNeverGraded) {
  Prediction prediction;
  prediction.error = "out of memory";
  prediction.output = "A";
  for (const GraderKind& kind : GraderKinds()) {
    GraderSpec spec = {kind.name, {}};
    if (kind.name == "regex") spec.parameters.emplace("pattern", "A");
    EXPECT_EQ((*MakeGrader(spec))->Grade(WithOptions("A"), prediction).verdict, Verdict::kError)
        << kind.name;
  }
}

}  // namespace
}  // namespace assay
