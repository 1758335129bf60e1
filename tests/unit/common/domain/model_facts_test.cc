#include "common/domain/model_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

ModelFacts Named(const std::string& name) {
  ModelFacts facts;
  facts.name = name;
  return facts;
}

TEST(ModelFactsTest, CountsAreReadAsPeopleWriteThem) {
  EXPECT_EQ(ParseCount("7b").value(), 7'000'000'000);
  EXPECT_EQ(ParseCount("0.7B").value(), 700'000'000);
  EXPECT_EQ(ParseCount("1.347b").value(), 1'347'000'000);
  EXPECT_EQ(ParseCount("350m").value(), 350'000'000);
  EXPECT_EQ(ParseCount("52k").value(), 52'000);
  EXPECT_EQ(ParseCount("52002").value(), 52'002);
  for (const char* wrong :
       {"", "b", "7bb", "-7b", "seven", "1e30", "99999999b", "7 b", "0x7", "nan"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseCount(wrong).status())) << wrong;
  }
}

TEST(ModelFactsTest, SetsAndForgetsFactsByTheirKeys) {
  ModelFacts facts = Named("m");
  EXPECT_TRUE(SetFact("foundation", "LLaMA", &facts).ok());
  EXPECT_TRUE(SetFact("parameters", "13b", &facts).ok());
  EXPECT_TRUE(SetFact("method", "rlhf", &facts).ok());
  EXPECT_TRUE(SetFact("tuning", "lora", &facts).ok());
  EXPECT_TRUE(SetFact("aliases", "Llama 13B, LLaMA-13B", &facts).ok());
  EXPECT_EQ(facts.foundation, "LLaMA");
  EXPECT_EQ(facts.parameters, 13'000'000'000);
  EXPECT_EQ(facts.method, TrainingMethod::kRlhf);
  EXPECT_EQ(facts.tuning, Tuning::kLora);
  EXPECT_THAT(facts.aliases, ElementsAre("Llama 13B", "LLaMA-13B"));
  for (const char* key : {"foundation", "parameters", "method", "tuning", "aliases"}) {
    EXPECT_TRUE(SetFact(key, "", &facts).ok()) << key;
  }
  EXPECT_EQ(facts.foundation, "");
  EXPECT_EQ(facts.parameters, 0);
  EXPECT_EQ(facts.method, TrainingMethod::kUnknown);
  EXPECT_EQ(facts.tuning, Tuning::kUnknown);
  EXPECT_TRUE(facts.aliases.empty());
}

TEST(ModelFactsTest, NamesWhatIsWrong) {
  ModelFacts facts = Named("m");
  EXPECT_THAT(SetFact("colour", "red", &facts).message(),
              AllOf(HasSubstr("unknown fact \"colour\""), HasSubstr("foundation")));
  EXPECT_THAT(SetFact("method", "magic", &facts).message(),
              AllOf(HasSubstr("method"), HasSubstr("pretrained, supervised, rlhf")));
  EXPECT_THAT(SetFact("parameters", "many", &facts).message(), HasSubstr("parameters: \"many\""));
  EXPECT_THAT(SetFact("title", "a\nb", &facts).message(), HasSubstr("control character"));
  EXPECT_TRUE(CheckModelFacts(facts).ok());
  EXPECT_FALSE(CheckModelFacts(Named("")).ok());
  EXPECT_FALSE(CheckModelFacts(Named("a b")).ok());
  EXPECT_FALSE(CheckModelFacts(Named("../etc")).ok());
  facts.license = std::string(2000, 'x');
  EXPECT_THAT(CheckModelFacts(facts).message(), HasSubstr("license"));
  facts = Named("m");
  facts.parameters = -1;
  EXPECT_FALSE(CheckModelFacts(facts).ok());
  facts = Named("m");
  facts.aliases = {"a", ""};
  EXPECT_FALSE(CheckModelFacts(facts).ok());
}

TEST(ModelFactsTest, FillsOnlyWhatIsMissing) {
  ModelFacts facts = Named("mine");
  facts.foundation = "T5";
  ModelFacts other = Named("theirs");
  other.foundation = "LLaMA";
  other.family = "t5";
  other.parameters = 3;
  other.method = TrainingMethod::kSupervised;
  FillMissingFacts(other, &facts);
  EXPECT_EQ(facts.name, "mine");
  EXPECT_EQ(facts.foundation, "T5");
  EXPECT_EQ(facts.family, "t5");
  EXPECT_EQ(facts.parameters, 3);
  EXPECT_EQ(facts.method, TrainingMethod::kSupervised);
}

}  // namespace
}  // namespace assay
