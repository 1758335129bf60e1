#include "client/registry/model_facts_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/registry/baseline_file.h"
#include "common/base/file.h"
#include "common/huggingface/hub_cache.h"
#include "common/leaderboard/table.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(absl::string_view text) {
  const absl::Status status = ReadModelFacts("facts.yaml", text).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  return std::string(status.message());
}

TEST(ModelFactsFileTest, ReadsEveryFact) {
  const std::vector<ModelFacts> facts = ReadModelFacts("facts.yaml", R"(models:
  - name: flan-t5-xl
    title: Flan-T5-XL
    family: t5
    foundation: T5
    parameters: 3b
    instruction_data: Flan Collection
    instruction_examples: 15m
    method: supervised
    tuning: full
    prompt_template: none
    precision: float32
    license: apache-2.0
    source: google/flan-t5-xl
    aliases: [Flan-T5-XL, "flan, t5"]
  - name: other
    title:
)")
                                            .value();
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].title, "Flan-T5-XL");
  EXPECT_EQ(facts[0].parameters, 3'000'000'000);
  EXPECT_EQ(facts[0].instruction_examples, 15'000'000);
  EXPECT_EQ(facts[0].method, TrainingMethod::kSupervised);
  EXPECT_EQ(facts[0].tuning, Tuning::kFull);
  EXPECT_EQ(facts[0].license, "apache-2.0");
  EXPECT_THAT(facts[0].aliases, ElementsAre("Flan-T5-XL", "flan, t5"));
  EXPECT_EQ(facts[1].title, "");
}

TEST(ModelFactsFileTest, NamesEveryMistakeWithItsPlace) {
  EXPECT_THAT(ErrorOf("models:\n  - name: a\n    colour: red\n    method: magic\n"),
              AllOf(HasSubstr("facts.yaml:3:13: unknown fact \"colour\""),
                    HasSubstr("facts.yaml:4:13: method: unknown training method \"magic\"")));
  EXPECT_THAT(ErrorOf("models:\n  - title: a\n"), HasSubstr("facts.yaml:2:5: "));
  EXPECT_THAT(ErrorOf("models:\n  - name: a b\n"), HasSubstr("facts.yaml:2:11: name"));
  EXPECT_THAT(ErrorOf("models:\n  - name: a\n    parameters: many\n"),
              HasSubstr("facts.yaml:3:17: parameters"));
  EXPECT_THAT(ErrorOf("models:\n  - name: a\n    aliases: b\n"), HasSubstr("must be a list"));
  EXPECT_THAT(ErrorOf("models:\n  - name: a\n    source: [b]\n"), HasSubstr("not a list"));
  EXPECT_THAT(ErrorOf("model:\n  - name: a\n"), HasSubstr("\"models\""));
  EXPECT_THAT(ErrorOf("models: []\nmore: 1\n"), HasSubstr("facts.yaml:2:1"));
  EXPECT_THAT(ErrorOf("models: [\n"), HasSubstr("facts.yaml:"));
}

TEST(ModelFactsFileTest, NamesSourcesAndAliasesAreOneModels) {
  EXPECT_THAT(ErrorOf("models:\n  - name: a\n  - name: a\n"),
              HasSubstr("facts.yaml:3:11: the name \"a\" is that of the model in line 2 too"));
  EXPECT_THAT(ErrorOf("models:\n  - name: a\n    source: x/y\n  - name: b\n    source: x/y\n"),
              HasSubstr("facts.yaml:5:13: the source"));
  EXPECT_THAT(ErrorOf("models:\n  - name: a\n    aliases: [x, x]\n"), HasSubstr("the alias"));
}

class SuiteTest : public testing::Test {
 protected:
  SuiteTest()
      : facts_(ReadModelFacts("deploy/models.yaml", ReadFile("deploy/models.yaml").value())) {}
  absl::StatusOr<std::vector<ModelFacts>> facts_;
};

TEST_F(SuiteTest, EveryEntryIsWhole) {
  ASSERT_TRUE(facts_.ok()) << facts_.status();
  EXPECT_GE(facts_->size(), 60u);
  const std::set<std::string> families = {"llama",       "t5",   "gpt-neox", "opt",
                                          "gpt-bigcode", "mpt",  "falcon",   "codegen",
                                          "chatglm",     "rwkv", "moss",     ""};
  for (const ModelFacts& facts : *facts_) {
    EXPECT_FALSE(facts.title.empty()) << facts.name;
    EXPECT_EQ(families.count(facts.family), 1u) << facts.name << " " << facts.family;
    if (!facts.source.empty()) {
      EXPECT_TRUE(IsHubId(facts.source) && facts.source.find('/') != std::string::npos)
          << facts.source;
      // The name by which a user finds it, and a model with files has an architecture and a size.
      EXPECT_EQ(facts.source.substr(facts.source.find('/') + 1), facts.name);
      EXPECT_FALSE(facts.family.empty()) << facts.name;
      EXPECT_GT(facts.parameters, 0) << facts.name;
    }
    if (facts.tuning != Tuning::kUnknown) {
      EXPECT_NE(facts.method, TrainingMethod::kPretrained) << facts.name;
    }
    if (facts.method == TrainingMethod::kPretrained) {
      EXPECT_EQ(facts.instruction_data, "") << facts.name;
    }
    if (facts.instruction_examples > 0) {
      EXPECT_NE(facts.instruction_data, "") << facts.name;
    }
  }
}

// A family is a model_type that the worker knows, with '-' for '_'.
TEST_F(SuiteTest, TheEngineRunsEveryFamily) {
  ASSERT_TRUE(facts_.ok());
  const std::string families = ReadFile("worker/model/families.inc").value();
  for (const ModelFacts& facts : *facts_) {
    if (facts.family.empty()) continue;
    const std::string type = absl::StrReplaceAll(facts.family, {{"-", "_"}});
    EXPECT_THAT(families, HasSubstr(absl::StrCat("\"", type, "\""))) << facts.name;
  }
}

// Every model of the published tables is known, as one model, with what its table says of it.
TEST_F(SuiteTest, EveryPublishedModelIsKnown) {
  ASSERT_TRUE(facts_.ok());
  int rows = 0;
  for (const char* table : {"problem_solving", "alignment", "writing"}) {
    const std::string path = absl::StrCat("../shared/data/published/", table, "_leaderboard.csv");
    const absl::StatusOr<std::string> content = ReadFile(path);
    if (!content.ok()) GTEST_SKIP() << path << " is not there";
    const Baseline baseline = ReadBaseline(path, *content).value();
    for (const BaselineRow& row : baseline.rows) {
      if (row.model == "Human") continue;
      ++rows;
      std::vector<std::string> known;
      for (const ModelFacts& facts : *facts_) {
        if (!IsSameModel(facts, row)) continue;
        known.push_back(facts.name);
        if (!row.foundation.empty()) {
          EXPECT_EQ(facts.foundation, row.foundation) << facts.name;
        }
      }
      // Which of the models of 7 billion the alignment table means is not certain.
      const bool uncertain = row.model == "Alpaca" && row.parameters == 7'000'000'000;
      EXPECT_EQ(known.size(), uncertain ? 0u : 1u)
          << path << ":" << row.line << " " << row.model << ": " << absl::StrJoin(known, ", ");
    }
  }
  EXPECT_GT(rows, 90);
}

}  // namespace
}  // namespace assay
