#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/catalog/built_in.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

const Benchmark& Bbh() { return **FindBenchmark("bbh"); }

std::string ParseError(absl::string_view content) {
  const auto items = Bbh().Parse(std::vector<SourceFile>{{"t.json", std::string(content)}});
  EXPECT_FALSE(items.ok()) << content;
  EXPECT_EQ(items.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(items.status().message());
}

TEST(BbhTest, PublishedSetPassesWhole) {
  if (!std::filesystem::exists(kPublishedBbh)) GTEST_SKIP() << kPublishedBbh << " is not there";
  const std::vector<Item> items = ParseFolder(Bbh(), kPublishedBbh);
  EXPECT_EQ(items.size(), 6511);
  const auto groups = ByGroup(items);
  EXPECT_EQ(groups.size(), 27);
  // The shots and the item as the file has them.
  for (const auto& [task, group] : groups) {
    std::ifstream file(absl::StrCat(kPublishedBbh, "/", task, ".json"));
    const nlohmann::json examples = nlohmann::json::parse(file)["examples"];
    const auto selection = Bbh().Select(Bbh().protocols()[0], 3, group);
    ASSERT_TRUE(selection.ok());
    ASSERT_EQ(selection->items.size() + 3, examples.size());
    std::string prompt;
    for (int i = 0; i < 3; ++i) {
      prompt += std::string(examples[i]["input"]) +
                "\nAnswer: " + std::string(examples[i]["target"]) + "\n\n";
    }
    prompt += std::string(examples.back()["input"]) + "\nAnswer:";
    EXPECT_EQ(Bbh().RenderPrompt(Bbh().protocols()[0], selection->items.back(), selection->shots),
              prompt);
    EXPECT_EQ(selection->items.back().target, std::string(examples.back()["target"]));
  }
}

TEST(BbhTest, ShotsLeaveTheTestSet) {
  const auto groups = ByGroup(ParseFolder(Bbh(), kSampleBbh));
  ASSERT_EQ(groups.size(), 3);
  const std::vector<Item>& group = groups.at("object_counting");
  ASSERT_EQ(group.size(), 28);
  const ProtocolSpec& protocol = Bbh().protocols()[0];
  const auto selection = Bbh().Select(protocol, protocol.shots, group);
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(selection->shots.size(), 3);
  EXPECT_EQ(selection->shots[0].id, "bbh/object_counting/0");
  EXPECT_EQ(selection->items.size(), 25);
  EXPECT_EQ(selection->items[0].id, "bbh/object_counting/3");
  EXPECT_EQ(Bbh().Select(protocol, 29, group).status().message(),
            "benchmark bbh: group object_counting has 28 items, and 29 shots are asked for");
  EXPECT_FALSE(Bbh().Select(protocol, -1, group).ok());
}

TEST(BbhTest, PromptIsInputsAndAnswers) {
  const auto items = Bbh().Parse(std::vector<SourceFile>{
      {"t.json",
       R"({"canary": "c", "examples": [{"input": "1\n2", "target": "x", "note": [{"input": 3}]},
                     {"target": "", "input": "\u00e9"}], "more": {"examples": []}})"}});
  ASSERT_TRUE(items.ok()) << items.status();
  ASSERT_EQ(items->size(), 2);
  EXPECT_EQ((*items)[1].target, "");
  EXPECT_EQ((*items)[1].ordinal, 1);
  EXPECT_EQ(Bbh().RenderPrompt(Bbh().protocols()[0], (*items)[1], absl::MakeSpan(*items).first(1)),
            "1\n2\nAnswer: x\n\n\u00e9\nAnswer:");
}

TEST(BbhTest, BadFilesAreRefusedWithFileAndLine) {
  EXPECT_THAT(ParseError("{\"examples\": [\n{\"input\": \"a\",, "),
              HasSubstr("t.json:2: not JSON: "));
  EXPECT_THAT(ParseError(""), HasSubstr("t.json:1: not JSON: "));
  EXPECT_THAT(ParseError("{\"examples\": [{\"input\": \"a\", \"target\": \"b\"}]}\nx"),
              HasSubstr("t.json:2: not JSON: "));
  EXPECT_EQ(
      ParseError("{\"examples\": [\n{\"input\": \"a\", \"target\": \"b\"},\n{\"target\": \"b\"}]}"),
      "t.json:3: the record has no \"input\"");
  EXPECT_EQ(ParseError("{\"examples\": [\n{\"input\": \"a\"}]}"),
            "t.json:2: the record has no \"target\"");
  EXPECT_EQ(ParseError("{\"examples\": [{\"input\": \"a\",\n\n\"target\": {}}]}"),
            "t.json:3: \"target\" is an object where it must be a text or a list of texts");
  EXPECT_EQ(ParseError("{\"examples\": [{\"input\": [\"a\"], \"target\": \"b\"}]}"),
            "t.json:1: \"input\" is a list where it must be a text");
  EXPECT_EQ(ParseError("{\"examples\": [{\"input\": \"a\", \"input\": \"b\"}]}"),
            "t.json:1: \"input\" is there twice");
  EXPECT_EQ(ParseError("{\"examples\": [{\"input\": \"a\\u0000\"}]}"),
            "t.json:1: a text has a NUL character; remove it");
  EXPECT_EQ(ParseError("{\"examples\": [7]}"),
            "t.json:1: the record is a number where it must be an object");
  EXPECT_EQ(ParseError("{\"examples\": {}}"),
            "t.json:1: \"examples\" is an object where it must be an array");
  EXPECT_EQ(ParseError("{\"examples\": [], \"examples\": []}"),
            "t.json:1: \"examples\" is there twice");
  EXPECT_EQ(ParseError("{\"examples\": []}"), "t.json: the file has no records");
  EXPECT_EQ(ParseError("{}"), "t.json:1: no \"examples\"");
  EXPECT_EQ(ParseError("[]"), "t.json:1: the file holds an array where it must be an object");
  EXPECT_THAT(ParseError("{\n\"\xFF\": 1}"), HasSubstr("t.json:2: byte 0xff is not UTF-8"));
}

TEST(BbhTest, DeepNestingIsPassedOver) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  const auto items = Bbh().Parse(std::vector<SourceFile>{
      {"t.json", absl::StrCat("{\"x\": ", deep,
                              ", \"examples\": [{\"input\": \"a\", \"target\": \"b\"}]}")}});
  ASSERT_TRUE(items.ok()) << items.status();
  EXPECT_EQ(items->size(), 1);
}

TEST(BbhTest, NamesOfFiles) {
  EXPECT_TRUE(Bbh().IsDataFile("navigate.json"));
  EXPECT_FALSE(Bbh().IsDataFile("navigate.txt"));
  EXPECT_FALSE(Bbh().IsDataFile("cot/navigate.json"));
  EXPECT_FALSE(Bbh().IsDataFile(".json"));
  const SourceFile file = {"t.json", R"({"examples": [{"input": "a", "target": "b"}]})"};
  EXPECT_EQ(Bbh().Parse(std::vector<SourceFile>{file, file}).status().message(),
            "t.json: the file is there twice");
  EXPECT_FALSE(Bbh().Parse({}).ok());
}

}  // namespace
}  // namespace assay
