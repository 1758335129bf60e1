#include "common/benchmark/crass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHeader[] =
    "PCTID;BatchID;Premise;QCC;CorrectAnswer;Answer1;Answer2;PossibleAnswer3;canary_string\r\n";
constexpr char kPublishedFile[] = "../shared/data/crass/CRASS_FTM_main_data_set.csv";

const CrassBenchmark& Crass() {
  static const CrassBenchmark* const benchmark = new CrassBenchmark;
  return *benchmark;
}

std::vector<Item> Parse(const std::string& rows) {
  const auto items = Crass().Parse(std::vector<SourceFile>{{"c.csv", kHeader + rows}});
  EXPECT_TRUE(items.ok()) << items.status();
  return items.value_or(std::vector<Item>());
}

std::string Error(const std::string& rows) { return ParseError(Crass(), "c.csv", kHeader + rows); }

TEST(CrassTest, PublishedSetPassesWhole) {
  if (!std::filesystem::exists(kPublishedFile)) GTEST_SKIP() << kPublishedFile << " is not there";
  const std::vector<Item> items = ParseFolder(Crass(), kPublishedFile);
  EXPECT_EQ(items.size(), 274);
  const auto with_four = std::count_if(items.begin(), items.end(),
                                       [](const Item& item) { return item.choices.size() == 4; });
  EXPECT_EQ(with_four, 44);
}

TEST(CrassTest, OptionsAreShuffledInFileOrder) {
  // random.seed(0); a = list("xyz"); random.shuffle(a); b = list("xyzw"); random.shuffle(b)
  const std::vector<Item> items = Parse(
      "1;1;P.;Q?;x;y;z;;canary\r\n"
      "2;1;P.;Q?;x; y ;z;w;\r\n");
  ASSERT_EQ(items.size(), 2);
  EXPECT_EQ(items[0].id, "crass/1");
  EXPECT_EQ(items[0].group, "crass");
  EXPECT_EQ(items[0].split, "test");
  EXPECT_THAT(items[0].choices, ElementsAre("A", "B", "C"));
  const auto options = [](const Item& item) {
    std::string text;
    for (const std::string& letter : item.choices) text += item.fields.at(letter);
    return text;
  };
  EXPECT_EQ(options(items[0]), "xzy");
  EXPECT_EQ(items[0].fields.at(items[0].target), "x");
  EXPECT_EQ(options(items[1]), "wzyx");
  EXPECT_EQ(items[1].fields.at(items[1].target), "x");
  EXPECT_EQ(items[1].ordinal, 1);
}

TEST(CrassTest, EmptyOptionsDoNotCountAndTheFirstOfEqualOnesIsTheAnswer) {
  const std::vector<Item> items = Parse("1;1;P.;Q?;same;;same;;\n");
  ASSERT_EQ(items.size(), 1);
  EXPECT_THAT(items[0].choices, ElementsAre("A", "B"));
  EXPECT_EQ(items[0].target, "A");
}

TEST(CrassTest, PromptHasTheShotsOfThePaper) {
  const std::vector<Item> items = Parse("1;1; P. ;Q? ;x;;y;\n");
  const ProtocolSpec& protocol = Crass().protocols()[0];
  const auto selection = Crass().Select(protocol, 1, items);
  ASSERT_TRUE(selection.ok());
  const std::string letter_of_x = items[0].target;
  const std::string question = letter_of_x == "A" ? "P. Q?\nA. x\nB. y" : "P. Q?\nA. y\nB. x";
  EXPECT_EQ(Crass().RenderPrompt(protocol, selection->items[0], selection->shots),
            "A feather falls from a skyscraper. What would have happened if a computer had fallen "
            "from the skyscraper?\nA. The computer would have remained intact.\nB. That is not "
            "possible.\nC. The computer would have been crushed.\nAnswer: C\n\n" +
                question + "\nAnswer:");
  const auto all = Crass().Select(protocol, 3, items);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(all->shots[1].target + all->shots[2].target, "BC");
  EXPECT_EQ(Crass().Select(protocol, 4, items).status().message(),
            "crass has 3 examples, and 4 shots are asked for");
  EXPECT_FALSE(Crass().Select(protocol, -1, items).ok());
}

TEST(CrassTest, BadFilesAreRefusedWithFileAndLine) {
  EXPECT_THAT(ParseError(Crass(), "c.csv", "a;b\n"), HasSubstr("c.csv:1: the header is \"a;b\""));
  EXPECT_THAT(ParseError(Crass(), "c.csv", ""), HasSubstr("c.csv: the file has no items"));
  EXPECT_THAT(Error("1;1;P.;Q?\n"), HasSubstr("c.csv:2: 4 fields between semicolons; expected"));
  EXPECT_EQ(Error("1;1;P.;Q?;x;y\n1;1;P.;Q?;x;y\n"), "c.csv:3: the item crass/1 is there twice");
  EXPECT_EQ(Error("1;1;P.;Q?;;y;z\n"),
            "c.csv:2: the right answer, which is the fifth field, is empty");
  EXPECT_EQ(Error("1;1;P.;Q?;x;;;;canary\n"),
            "c.csv:2: there is no option beside the right answer");
  EXPECT_EQ(Error("1;1; ;Q?;x;y\n"), "c.csv:2: the premise is empty");
  EXPECT_EQ(Error("1;1;P.;;x;y\n"), "c.csv:2: the question is empty");
  EXPECT_THAT(Error("a/b;1;P.;Q?;x;y\n"), HasSubstr("c.csv:2: the id is \"a/b\""));
  EXPECT_THAT(Error("1;1;P.;Q?;x;\xC3\n"), HasSubstr("c.csv:2: byte 0xc3 is not UTF-8"));
  EXPECT_THAT(Error(absl::StrCat("1;1;P.;Q?;x;", std::string(2 << 20, 'y'))),
              HasSubstr("c.csv:2: the line has more than"));
}

TEST(CrassTest, NamesOfFiles) {
  EXPECT_TRUE(Crass().IsDataFile("CRASS_FTM_main_data_set.csv"));
  EXPECT_FALSE(Crass().IsDataFile("shots.json"));
  EXPECT_FALSE(Crass().IsDataFile("old/a.csv"));
  EXPECT_FALSE(Crass().IsDataFile(".csv"));
}

}  // namespace
}  // namespace assay
