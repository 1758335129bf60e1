#include "client/registry/baseline_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/leaderboard/columns.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr char kHeader[] =
    "Model,Foundation,Parameters (B),MMLU,BBH,DROP,CRASS,HumanEval,Average\n";

std::string ErrorOf(const std::string& text) {
  const absl::Status status = ReadBaseline("dir/table.csv", text).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  return std::string(status.message());
}

TEST(BaselineFileTest, ReadsATableOfProblemSolving) {
  const std::string text = std::string(kHeader) +
                           "Human,,,89.8,94.4,94.1,98.2,,\n"
                           ",,,,,,,,\n"
                           "[T5 Large](http://google/t5-large),T5,0.7,25.6,27,5.6,29.2,0.0,17.5\n"
                           "[X](https://huggingface.co/http://declare-lab/x),,,1,,,,,\n"
                           "[Y](https://huggingface.co/a/y/tree/main),,,1,,,,,\n"
                           "[Z](https://ai.google/static/z.pdf),,,1,,,,,\n";
  const Baseline baseline = ReadBaseline("dir/table.csv", text).value();
  EXPECT_EQ(baseline.kind, BaselineKind::kProblemSolving);
  EXPECT_EQ(baseline.file, "table.csv");
  EXPECT_EQ(baseline.sha256, Sha256Hex(text));
  ASSERT_EQ(baseline.rows.size(), 5u);
  const BaselineRow& human = baseline.rows[0];
  EXPECT_EQ(human.line, 2);
  EXPECT_EQ(human.model, "Human");
  EXPECT_EQ(human.parameters, 0);
  EXPECT_EQ(human.scores.size(), 4u);
  EXPECT_NEAR(human.scores.at("bbh"), 0.944, 1e-12);
  const BaselineRow& t5 = baseline.rows[1];
  EXPECT_EQ(t5.line, 4);
  EXPECT_EQ(t5.model, "T5 Large");
  EXPECT_EQ(t5.source, "google/t5-large");
  EXPECT_EQ(t5.foundation, "T5");
  EXPECT_EQ(t5.parameters, 700'000'000);
  EXPECT_EQ(t5.scores.at("human_eval"), 0);
  EXPECT_NEAR(t5.scores.at("average"), 0.175, 1e-12);
  EXPECT_EQ(baseline.rows[2].source, "declare-lab/x");
  EXPECT_EQ(baseline.rows[3].source, "a/y");
  EXPECT_EQ(baseline.rows[4].source, "");
}

TEST(BaselineFileTest, ReadsTheOtherTables) {
  const Baseline alignment =
      ReadBaseline("a.csv",
                   "Model, Parameters(B), Harmless,Helpful,Honest,Others,Avg\n"
                   "ChatGPT, , 90.7,91.2,78.1,86.3,86.6\n")
          .value();
  EXPECT_EQ(alignment.kind, BaselineKind::kAlignment);
  EXPECT_NEAR(alignment.rows[0].scores.at("hhh/other"), 0.863, 1e-12);
  const Baseline writing =
      ReadBaseline("w.csv",
                   "Model,Inf Rel.,Inf Coh.,Pro Rel.,Pro Coh.,Arg Rel.,Arg Coh.,Cre Rel.,Cre "
                   "Coh.,Avg Rel.,Avg Coh.\nm,3.34,3.98,1,5,,,,,3.78,3.93\n")
          .value();
  EXPECT_EQ(writing.kind, BaselineKind::kWriting);
  EXPECT_THAT(
      writing.rows[0].scores,
      ElementsAre(Pair("impact/coherence", 3.93), Pair("impact/coherence/informative", 3.98),
                  Pair("impact/coherence/professional", 5), Pair("impact/relevance", 3.78),
                  Pair("impact/relevance/informative", 3.34),
                  Pair("impact/relevance/professional", 1)));
}

TEST(BaselineFileTest, NamesLineAndColumn) {
  const std::string header = kHeader;
  EXPECT_THAT(ErrorOf(header + "a,,,1,,,,,\nb,,,1,4x,,,,\n"),
              HasSubstr("dir/table.csv:3: column 5 (BBH): \"4x\" is not a number"));
  EXPECT_THAT(ErrorOf(header + "a,,,100.5,,,,,\n"), HasSubstr("column 4 (MMLU): 100.5 is not"));
  EXPECT_THAT(ErrorOf(header + "a,,,-1,,,,,\n"), HasSubstr("column 4 (MMLU)"));
  EXPECT_THAT(ErrorOf(header + "a,,,nan,,,,,\n"), HasSubstr("is not a number"));
  EXPECT_THAT(ErrorOf(header + "a,,-3,1,,,,,\n"), HasSubstr("column 3 (Parameters (B))"));
  EXPECT_THAT(ErrorOf(header + ",,,1,,,,,\n"), HasSubstr("column 1 (Model): a model must have"));
  EXPECT_THAT(ErrorOf(header + "a,,,1\n"), HasSubstr("dir/table.csv:2: 4 columns"));
  EXPECT_THAT(ErrorOf(header + "\"a,,,1\n"), HasSubstr("never closed"));
  EXPECT_THAT(ErrorOf(header), HasSubstr("no row"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf("Model,MMLU\na,1\n"), HasSubstr("dir/table.csv:1: the header"));
  EXPECT_THAT(ErrorOf("Model,MMLU,BBH,DROP,CRASS,HumanEval,Average,MMLU\na,1,,,,,,\n"),
              HasSubstr("header"));
  EXPECT_THAT(ErrorOf(header + "\xff,,,1,,,,,\n"), HasSubstr("UTF-8"));
}

TEST(BaselineFileTest, ThePublishedTables) {
  const auto read = [](const std::string& name) -> absl::StatusOr<Baseline> {
    const std::string path = "../shared/data/published/" + name + "_leaderboard.csv";
    const absl::StatusOr<std::string> content = ReadFile(path);
    if (!content.ok()) return content.status();
    return ReadBaseline(path, *content);
  };
  const absl::StatusOr<Baseline> problems = read("problem_solving");
  if (!problems.ok() && !absl::IsInvalidArgument(problems.status())) {
    GTEST_SKIP() << problems.status();
  }
  ASSERT_TRUE(problems.ok()) << problems.status();
  EXPECT_EQ(problems->rows.size(), 61u);
  const std::vector<WrongAverage> wrong = FindWrongAverages(*problems);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_EQ(wrong[0].model, "StarCoder");
  EXPECT_NEAR(wrong[0].stated, 0.275, 1e-9);
  EXPECT_NEAR(wrong[0].computed, 0.2978, 1e-9);
  const absl::StatusOr<Baseline> alignment = read("alignment");
  ASSERT_TRUE(alignment.ok()) << alignment.status();
  EXPECT_EQ(alignment->rows.size(), 28u);
  EXPECT_TRUE(FindWrongAverages(*alignment).empty());
  const absl::StatusOr<Baseline> writing = read("writing");
  ASSERT_TRUE(writing.ok()) << writing.status();
  EXPECT_EQ(writing->rows.size(), 5u);
  EXPECT_TRUE(FindWrongAverages(*writing).empty());
}

}  // namespace
}  // namespace assay
