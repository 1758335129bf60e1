#include "common/benchmark/human_eval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

constexpr char kPublished[] = "../shared/data/human_eval";
constexpr char kProblem[] =
    R"({"task_id": "T/1", "prompt": "def f():\n", "entry_point": "f", "test": "t", "x": [1]})";

const HumanEvalBenchmark& HumanEval() {
  static const HumanEvalBenchmark* const benchmark = new HumanEvalBenchmark;
  return *benchmark;
}

std::string Error(const std::string& content) {
  return ParseError(HumanEval(), "h.jsonl", content);
}

TEST(HumanEvalTest, PublishedSetPassesWhole) {
  if (!std::filesystem::exists(kPublished)) GTEST_SKIP() << kPublished << " is not there";
  const std::vector<Item> items = ParseFolder(HumanEval(), kPublished);
  ASSERT_EQ(items.size(), 164);
  EXPECT_EQ(items[163].id, "human_eval/HumanEval/163");
}

TEST(HumanEvalTest, ReadsPlainAndCompressedFiles) {
  const auto items = HumanEval().Parse(std::vector<SourceFile>{{"h.jsonl", kProblem}});
  ASSERT_TRUE(items.ok()) << items.status();
  ASSERT_EQ(items->size(), 1);
  const Item& item = items->front();
  EXPECT_EQ(item.id, "human_eval/T/1");
  EXPECT_EQ(item.fields.at("test"), "t");
  EXPECT_EQ(item.fields.count("x"), 0);
  EXPECT_EQ(HumanEval().RenderPrompt(HumanEval().protocols()[0], item, {}),
            "Please complete the following Python code without providing any additional tasks such "
            "as testing or explanations\ndef f():\n");
  const auto compressed =
      HumanEval().Parse(std::vector<SourceFile>{{"h.jsonl.gz", Gzip(kProblem)}});
  ASSERT_TRUE(compressed.ok()) << compressed.status();
  EXPECT_EQ(compressed->front().fields, item.fields);
}

TEST(HumanEvalTest, EachProtocolAsksInItsForm) {
  Item item;
  item.fields = {{"prompt", "def f():\n"}};
  const auto prompt = [&item](const char* protocol) {
    return HumanEval().RenderPrompt(**HumanEval().FindProtocol(protocol), item, {});
  };
  const std::string asked = prompt("instructeval");
  EXPECT_EQ(prompt("instructeval-sampled"), asked);
  EXPECT_EQ(prompt("instructeval-chatglm"), asked);
  EXPECT_EQ(prompt("instructeval-starcoder"), "<fim_prefix>def f():\n<fim_suffix><fim_middle>");
  EXPECT_EQ(prompt("instructeval-starchat"),
            absl::StrCat("<|system|>\n<|end|>\n<|user|>", asked, "<|end|>\n<|assistant|>"));
  EXPECT_EQ(prompt("lm-eval"), "def f():\n");
}

TEST(HumanEvalTest, ThereAreNoShots) {
  const std::vector<Item> items = ParseFolder(HumanEval(), kSampleHumanEval);
  ASSERT_EQ(items.size(), 4);
  const ProtocolSpec& protocol = HumanEval().protocols()[0];
  EXPECT_EQ(HumanEval().Select(protocol, 0, items)->items.size(), 4);
  EXPECT_EQ(HumanEval().Select(protocol, 2, items).status().message(),
            "human_eval has no examples, and 2 shots are asked for; use 0");
}

TEST(HumanEvalTest, BadFilesAreRefusedWithFileAndLine) {
  const std::string problem = kProblem;
  EXPECT_EQ(Error(problem + "\n" + problem), "h.jsonl:2: the item human_eval/T/1 is there twice");
  EXPECT_EQ(Error("{\"task_id\": \"1\"}"), "h.jsonl:1: the line has no \"prompt\"");
  EXPECT_EQ(Error("[1]"), "h.jsonl:1: the line is an array where it must be an object");
  EXPECT_THAT(Error("\n{\"task_id\": 1,"), HasSubstr("h.jsonl:2: not JSON"));
  EXPECT_EQ(Error("{\"task_id\": 1}"),
            "h.jsonl:1: the line.task_id is a number where it must be a text");
  const auto with = [](const std::string& id, const std::string& entry_point) {
    return absl::StrCat("{\"task_id\": \"", id, "\", \"prompt\": \"\", \"test\": \"\", ",
                        "\"entry_point\": \"", entry_point, "\"}");
  };
  EXPECT_THAT(Error(with("a b", "f")), HasSubstr("h.jsonl:1: the task_id is \"a b\""));
  EXPECT_THAT(Error(with("a", "f); import os; (f")), HasSubstr("h.jsonl:1: the entry_point is"));
  EXPECT_THAT(Error(with("a", "1f")), HasSubstr("h.jsonl:1: the entry_point is"));
  EXPECT_THAT(Error(with("a", "")), HasSubstr("h.jsonl:1: the entry_point is"));
  EXPECT_EQ(Error(""), "h.jsonl: the file has no problems");
  const std::string cut = Gzip(problem).substr(0, 60);
  EXPECT_EQ(ParseError(HumanEval(), "h.jsonl.gz", cut),
            "h.jsonl.gz: the gzip data is cut short; fetch the file again");
}

TEST(HumanEvalTest, NamesOfFiles) {
  EXPECT_TRUE(HumanEval().IsDataFile("HumanEval.jsonl.gz"));
  EXPECT_TRUE(HumanEval().IsDataFile("HumanEval.jsonl"));
  EXPECT_FALSE(HumanEval().IsDataFile("HumanEval.json"));
  EXPECT_FALSE(HumanEval().IsDataFile("a/HumanEval.jsonl"));
}

}  // namespace
}  // namespace assay
