// Facts of models, and what others published.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/store/baseline_store.h"
#include "coordinator/store/model_facts_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class RegistryTest : public CoordinatorTest {
 protected:
  RegistryTest() : facts_(&coordinator_.database), baselines_(&coordinator_.database) {}

  ModelFactsStore facts_;
  BaselineStore baselines_;
};

ModelFacts AllFacts() {
  ModelFacts facts;
  facts.name = "flan-t5-xl";
  facts.title = "Flan-T5 XL";
  facts.family = "t5";
  facts.foundation = "T5";
  facts.parameters = 3'000'000'000;
  facts.instruction_data = "Flan Collection";
  facts.instruction_examples = 15'000'000;
  facts.method = TrainingMethod::kSupervised;
  facts.tuning = Tuning::kFull;
  facts.prompt_template = "none";
  facts.precision = "float32";
  facts.license = "apache-2.0";
  facts.source = "google/flan-t5-xl";
  facts.aliases = {"Flan-T5-XL", "\"quoted\", Größe"};
  return facts;
}

TEST_F(RegistryTest, FactsComeBackAsTheyWerePut) {
  const ModelFacts facts = AllFacts();
  ModelFacts other;
  other.name = "a-first";
  const auto counts = facts_.Put({facts, other}).value();
  EXPECT_EQ(counts.added, 2);
  EXPECT_EQ(counts.changed, 0);
  const std::vector<ModelFacts> all = facts_.List().value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "a-first");
  const ModelFacts& read = all[1];
  EXPECT_EQ(read.title, facts.title);
  EXPECT_EQ(read.family, facts.family);
  EXPECT_EQ(read.foundation, facts.foundation);
  EXPECT_EQ(read.parameters, facts.parameters);
  EXPECT_EQ(read.instruction_data, facts.instruction_data);
  EXPECT_EQ(read.instruction_examples, facts.instruction_examples);
  EXPECT_EQ(read.method, facts.method);
  EXPECT_EQ(read.tuning, facts.tuning);
  EXPECT_EQ(read.prompt_template, facts.prompt_template);
  EXPECT_EQ(read.precision, facts.precision);
  EXPECT_EQ(read.license, facts.license);
  EXPECT_EQ(read.source, facts.source);
  EXPECT_EQ(read.aliases, facts.aliases);
  EXPECT_EQ(facts_.Find("flan-t5-xl")->title, facts.title);
  EXPECT_TRUE(absl::IsNotFound(facts_.Find("nosuch").status()));
}

TEST_F(RegistryTest, PuttingFactsAgainCountsWhatChanged) {
  ModelFacts facts = AllFacts();
  ASSERT_TRUE(facts_.Put({facts}).ok());
  auto counts = facts_.Put({facts}).value();
  EXPECT_EQ(counts.added + counts.changed, 0);
  facts.license = "";
  counts = facts_.Put({facts}).value();
  EXPECT_EQ(counts.added, 0);
  EXPECT_EQ(counts.changed, 1);
  EXPECT_EQ(facts_.Find(facts.name)->license, "");
}

TEST_F(RegistryTest, WrongFactsAreRefusedAndNothingIsStored) {
  ModelFacts good = AllFacts();
  ModelFacts bad = good;
  bad.name = "bad";
  bad.title = "\xff";
  EXPECT_TRUE(absl::IsInvalidArgument(facts_.Put({good, bad}).status()));
  EXPECT_THAT(facts_.List().value(), IsEmpty());
}

Baseline ABaseline(const std::string& name) {
  Baseline baseline;
  baseline.name = name;
  baseline.source = "instructeval";
  baseline.kind = BaselineKind::kWriting;
  baseline.file = "writing.csv";
  baseline.sha256 = std::string(64, 'a');
  for (const int line : {2, 4}) {
    BaselineRow row;
    row.line = line;
    row.model = "Müller\t\\N";
    row.source = "a/b";
    row.foundation = "T5";
    row.parameters = 11;
    row.scores = {{"impact/relevance", 3.1}, {"x", 1.0 / 3}};
    baseline.rows.push_back(row);
  }
  return baseline;
}

TEST_F(RegistryTest, BaselinesComeBackAsTheyWereImported) {
  EXPECT_FALSE(baselines_.Import(ABaseline("two")).value());
  EXPECT_FALSE(baselines_.Import(ABaseline("one")).value());
  std::vector<Baseline> all = baselines_.List(/*rows=*/true).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "one");
  EXPECT_EQ(all[1].kind, BaselineKind::kWriting);
  EXPECT_EQ(all[1].source, "instructeval");
  EXPECT_EQ(all[1].file, "writing.csv");
  EXPECT_GT(all[1].imported, absl::UnixEpoch());
  ASSERT_EQ(all[1].rows.size(), 2u);
  const BaselineRow expected = ABaseline("").rows[1];
  EXPECT_EQ(all[1].rows[1].line, 4);
  EXPECT_EQ(all[1].rows[1].model, expected.model);
  EXPECT_EQ(all[1].rows[1].parameters, 11);
  EXPECT_EQ(all[1].rows[1].scores, expected.scores);
  EXPECT_THAT(baselines_.List(/*rows=*/false)->at(0).rows, IsEmpty());
}

TEST_F(RegistryTest, ANameIsOneBaselines) {
  ASSERT_TRUE(baselines_.Import(ABaseline("one")).ok());
  EXPECT_TRUE(baselines_.Import(ABaseline("one")).value());
  Baseline other = ABaseline("one");
  other.sha256 = std::string(64, 'b');
  const absl::Status status = baselines_.Import(other).status();
  EXPECT_TRUE(absl::IsAlreadyExists(status));
  EXPECT_THAT(status.message(), HasSubstr("aaaaaaaaaaaa"));
  EXPECT_EQ(Query("SELECT count(*) FROM baseline_rows"), "2");
}

TEST_F(RegistryTest, RemovingABaselineRemovesItsRows) {
  ASSERT_TRUE(baselines_.Import(ABaseline("one")).ok());
  const absl::Status status = baselines_.Remove("two");
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(status.message(), HasSubstr("there are: one"));
  EXPECT_TRUE(baselines_.Remove("one").ok());
  EXPECT_EQ(Query("SELECT count(*) FROM baseline_rows"), "0");
  EXPECT_THAT(baselines_.Remove("one").message(), HasSubstr("baseline import"));
}

}  // namespace
}  // namespace assay
