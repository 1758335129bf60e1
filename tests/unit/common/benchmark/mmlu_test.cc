#include "common/benchmark/mmlu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/benchmark/mmlu_categories.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kRow[] = "Question?,1,2,3,4,A\n";

const MmluBenchmark& Mmlu() {
  static const MmluBenchmark* const benchmark = new MmluBenchmark;
  return *benchmark;
}

std::string ParseError(const std::vector<SourceFile>& files) {
  const auto items = Mmlu().Parse(files);
  EXPECT_FALSE(items.ok());
  EXPECT_EQ(items.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(items.status().message());
}

std::string TestFileError(absl::string_view content) {
  return ParseError({{"dev/x_dev.csv", kRow}, {"test/x_test.csv", std::string(content)}});
}

// Compares the prompts of all subjects below `directory` with the digests.
void ExpectPrompts(absl::string_view protocol_name, const std::string& directory,
                   const nlohmann::json& golden) {
  const auto protocol = Mmlu().FindProtocol(protocol_name);
  ASSERT_TRUE(protocol.ok());
  const auto groups = ByGroup(ParseFolder(Mmlu(), directory));
  ASSERT_EQ(groups.size(), golden.size());
  for (const auto& [subject, group] : groups) {
    SCOPED_TRACE(subject);
    const auto selection = Mmlu().Select(**protocol, (*protocol)->shots, group);
    ASSERT_TRUE(selection.ok()) << selection.status();
    Sha256 digest;
    for (const Item& item : selection->items) {
      digest.Update(Mmlu().RenderPrompt(**protocol, item, selection->shots));
      digest.Update(absl::string_view("\0", 1));
    }
    EXPECT_EQ(static_cast<int>(selection->items.size()), golden[subject]["items"].get<int>());
    EXPECT_EQ(digest.Finish(), golden[subject]["sha256"].get<std::string>());
  }
}

class MmluGoldenTest : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(MmluGoldenTest, PromptsOfTheSample) {
  const auto [protocol_name, file] = GetParam();
  const nlohmann::json golden = ReadGoldenJson(file);
  ExpectPrompts(protocol_name, kSampleMmlu, golden["sample"]);

  const auto protocol = Mmlu().FindProtocol(protocol_name);
  ASSERT_TRUE(protocol.ok());
  const auto groups = ByGroup(ParseFolder(Mmlu(), kSampleMmlu));
  for (const auto& [id, prompt] : golden["sample_prompts"].items()) {
    const std::string subject = id.substr(5, id.rfind('/') - 5);
    const auto selection = Mmlu().Select(**protocol, 5, groups.at(subject));
    ASSERT_TRUE(selection.ok());
    const Item& item = selection->items[std::stoi(id.substr(id.rfind('/') + 1))];
    EXPECT_EQ(item.id, id);
    EXPECT_EQ(Mmlu().RenderPrompt(**protocol, item, selection->shots), prompt.get<std::string>());
  }
}

TEST_P(MmluGoldenTest, PromptsOfThePublishedSet) {
  if (!std::filesystem::exists(kPublishedMmlu)) GTEST_SKIP() << kPublishedMmlu << " is not there";
  const auto [protocol_name, file] = GetParam();
  ExpectPrompts(protocol_name, kPublishedMmlu, ReadGoldenJson(file)["published"]);
}

INSTANTIATE_TEST_SUITE_P(Protocols, MmluGoldenTest,
                         testing::Values(std::pair("instructeval", "mmlu_instructeval.json"),
                                         std::pair("lm-eval", "mmlu_lm_eval.json")),
                         [](const auto& info) {
                           return std::string(info.index == 0 ? "InstructEval" : "LmEval");
                         });

TEST(MmluTest, PublishedSetPassesWhole) {
  if (!std::filesystem::exists(kPublishedMmlu)) GTEST_SKIP() << kPublishedMmlu << " is not there";
  const std::vector<Item> items = ParseFolder(Mmlu(), kPublishedMmlu);
  std::map<std::string, int> splits;
  std::set<std::string> groups;
  int other_readings = 0;
  for (const Item& item : items) {
    ++splits[item.split];
    groups.insert(item.group);
    for (const auto& [name, text] : item.fields) other_readings += name.ends_with("@pandas");
  }
  EXPECT_EQ(splits["test"], 14042);
  EXPECT_EQ(splits["dev"], 285);
  EXPECT_EQ(groups.size(), 57);
  EXPECT_EQ(other_readings, 10);
}

TEST(MmluTest, ItemsOfAFile) {
  const std::vector<SourceFile> files = {
      {"test/b_test.csv", "\"Q, \"\"1\"\"\",01,x,None,2.5,B\nQ2,2,y,z,3,D\n"},
      {"dev/b_dev.csv", kRow},
      {"test/a_test.csv", kRow},
      {"dev/a_dev.csv", kRow},
      {"val/a_val.csv", "not read"},
  };
  const auto items = Mmlu().Parse(files);
  ASSERT_TRUE(items.ok()) << items.status();
  std::vector<std::string> ids;
  for (size_t i = 0; i < items->size(); ++i) {
    ids.push_back((*items)[i].id);
    EXPECT_EQ((*items)[i].ordinal, static_cast<int64_t>(i));
  }
  EXPECT_THAT(ids, ElementsAre("mmlu/a/dev/0", "mmlu/a/0", "mmlu/b/dev/0", "mmlu/b/0", "mmlu/b/1"));
  const Item& item = (*items)[3];
  EXPECT_EQ(item.group, "b");
  EXPECT_EQ(item.split, "test");
  EXPECT_EQ(item.target, "B");
  EXPECT_THAT(item.choices, ElementsAre("A", "B", "C", "D"));
  const std::map<std::string, std::string> fields = {
      {"question", "Q, \"1\""}, {"A", "01"}, {"A@pandas", "1"}, {"B", "x"}, {"C", "None"},
      {"C@pandas", "nan"},      {"D", "2.5"}};
  EXPECT_EQ(item.fields, fields);
}

TEST(MmluTest, BadRowsAreRefusedWithFileAndLine) {
  EXPECT_EQ(TestFileError("\"Two\nlines\",1,2,3,4,A\nQ,1,2,3,A\n"),
            "test/x_test.csv:3: 5 columns where there must be 6: question, A, B, C, D, letter");
  EXPECT_EQ(TestFileError("Q,1,2,3,4,A\nQ,1,2,3,4,E\n"),
            "test/x_test.csv:2: the answer is \"E\" where it must be A, B, C or D");
  EXPECT_EQ(TestFileError("Q,1,2,3,4,a\n"),
            "test/x_test.csv:1: the answer is \"a\" where it must be A, B, C or D");
  EXPECT_EQ(TestFileError("\" \",1,2,3,4,A\n"), "test/x_test.csv:1: the question is empty");
  EXPECT_EQ(TestFileError("Q,1,2,3,4,A\n\"Q,1,2,3,4,A\n"),
            "test/x_test.csv:2: the quote that opens here is never closed");
  EXPECT_EQ(TestFileError("Q,1,2,3,4,A\nQ\xFF,1,2,3,4,A\n"),
            "test/x_test.csv:2: byte 0xff is not UTF-8; save the file as UTF-8");
  EXPECT_EQ(TestFileError("\n"), "test/x_test.csv: the file has no rows");
}

TEST(MmluTest, IncompleteFoldersAreRefused) {
  EXPECT_EQ(ParseError({{"test/x_test.csv", kRow}}),
            "test/x_test.csv: its other half, dev/x_dev.csv, is missing");
  EXPECT_EQ(ParseError({{"dev/x_dev.csv", kRow}}),
            "dev/x_dev.csv: its other half, test/x_test.csv, is missing");
  EXPECT_EQ(ParseError({{"dev/x_dev.csv", kRow}, {"dev/x_dev.csv", kRow}}),
            "dev/x_dev.csv: the file is there twice");
  EXPECT_THAT(ParseError({{"dev/a b_dev.csv", kRow}}), HasSubstr("\"a b\"; use letters, digits"));
  EXPECT_THAT(ParseError({{"readme.txt", ""}}), HasSubstr("test/<subject>_test.csv"));
}

TEST(MmluTest, DataFiles) {
  EXPECT_TRUE(Mmlu().IsDataFile("dev/astronomy_dev.csv"));
  EXPECT_TRUE(Mmlu().IsDataFile("test/astronomy_test.csv"));
  EXPECT_FALSE(Mmlu().IsDataFile("val/astronomy_val.csv"));
  EXPECT_FALSE(Mmlu().IsDataFile("dev/astronomy_test.csv"));
  EXPECT_FALSE(Mmlu().IsDataFile("dev/_dev.csv"));
  EXPECT_FALSE(Mmlu().IsDataFile("test/old/astronomy_test.csv"));
  EXPECT_FALSE(Mmlu().IsDataFile("mmlu/test/astronomy_test.csv"));
}

TEST(MmluTest, SelectTakesTheFirstExamples) {
  const auto groups = ByGroup(ParseFolder(Mmlu(), kSampleMmlu));
  const std::vector<Item>& group = groups.at("nutrition");
  const ProtocolSpec& protocol = Mmlu().protocols().front();
  const auto selection = Mmlu().Select(protocol, 2, group);
  ASSERT_TRUE(selection.ok());
  ASSERT_EQ(selection->shots.size(), 2);
  EXPECT_EQ(selection->shots[1].id, "mmlu/nutrition/dev/1");
  EXPECT_EQ(selection->items.size(), 17);
  EXPECT_EQ(selection->items[0].id, "mmlu/nutrition/0");

  EXPECT_EQ(Mmlu().Select(protocol, 6, group).status().message(),
            "mmlu subject nutrition has 5 examples in its dev file, and 6 shots are asked for");
  EXPECT_EQ(Mmlu().Select(protocol, -1, group).status().message(),
            "shots must be 0 or more, not -1");
}

TEST(MmluTest, PromptWithoutShots) {
  const auto items = Mmlu().Parse(std::vector<SourceFile>{
      {"dev/two_words_dev.csv", kRow}, {"test/two_words_test.csv", "\" Why? \",01,2,3,4,C\n"}});
  ASSERT_TRUE(items.ok());
  const Item& item = items->back();
  EXPECT_EQ(Mmlu().RenderPrompt(**Mmlu().FindProtocol("instructeval"), item, {}),
            "The following are multiple choice questions (with answers) about  two words.\n\n"
            " Why? \nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:");
  EXPECT_EQ(Mmlu().RenderPrompt(**Mmlu().FindProtocol("lm-eval"), item, {}),
            "The following are multiple choice questions (with answers) about two words.\n\n"
            "Why?\nA. 01\nB. 2\nC. 3\nD. 4\nAnswer:");
}

TEST(MmluTest, OnlyInstructEvalDropsShots) {
  const std::vector<Item> group = ByGroup(ParseFolder(Mmlu(), kSampleMmlu)).at("nutrition");
  for (const ProtocolSpec& protocol : Mmlu().protocols()) {
    const auto selection = Mmlu().Select(protocol, 5, group);
    ASSERT_TRUE(selection.ok());
    const auto fitted = FitPrompt(Mmlu(), protocol, selection->items[0], selection->shots,
                                  [](absl::string_view text) -> absl::StatusOr<int64_t> {
                                    return static_cast<int64_t>(100 * text.size());
                                  });
    ASSERT_TRUE(fitted.ok());
    const bool is_lm_eval = protocol.name == "lm-eval";
    EXPECT_EQ(fitted->shots_used, is_lm_eval ? 5 : 0);
    EXPECT_EQ(fitted->over_max_input, !is_lm_eval);
  }
}

TEST(MmluTest, UnknownProtocolNamesThoseThereAre) {
  EXPECT_EQ(Mmlu().FindProtocol("x").status().message(),
            "benchmark mmlu has no protocol \"x\"; there are: instructeval, lm-eval");
}

TEST(MmluTest, Categories) {
  std::map<absl::string_view, std::set<absl::string_view>> subcategories;
  std::map<absl::string_view, int> subjects;
  for (const MmluCategory& entry : MmluCategories()) {
    subcategories[entry.category].insert(entry.subcategory);
    ++subjects[entry.category];
    EXPECT_EQ(FindMmluCategory(entry.subject), &entry);
  }
  // As the authors' own code counts them; the harness lm-eval puts anatomy under STEM instead.
  EXPECT_EQ(subjects["STEM"], 18);
  EXPECT_EQ(subjects["humanities"], 13);
  EXPECT_EQ(subjects["social sciences"], 12);
  EXPECT_EQ(subjects["other"], 14);
  EXPECT_EQ(subcategories["STEM"].size(), 6);
  EXPECT_EQ(subcategories["humanities"].size(), 3);
  EXPECT_EQ(subcategories["social sciences"].size(), 5);
  EXPECT_EQ(subcategories["other"].size(), 3);
  EXPECT_THAT(Mmlu().ParentGroups("astronomy"),
              ElementsAre("subcategory:physics", "category:STEM"));
  EXPECT_THAT(Mmlu().ParentGroups("cooking"), IsEmpty());
}

}  // namespace
}  // namespace assay
