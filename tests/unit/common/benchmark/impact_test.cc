#include "common/benchmark/impact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/benchmark/rubric.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kMtBench[] = "../shared/data/writing_standin/mt_bench.question.jsonl";

const ImpactBenchmark& Impact() {
  static const ImpactBenchmark* const benchmark = new ImpactBenchmark;
  return *benchmark;
}

std::vector<Item> Parse(const std::string& path, const std::string& content) {
  const auto items = Impact().Parse(std::vector<SourceFile>{{path, content}});
  EXPECT_TRUE(items.ok()) << items.status();
  return items.value_or(std::vector<Item>());
}

std::vector<std::string> Ids(const std::vector<Item>& items) {
  std::vector<std::string> ids;
  for (const Item& item : items) ids.push_back(item.id);
  return ids;
}

std::string Prompt(const std::string& protocol, const Item& item) {
  return Impact().RenderPrompt(**Impact().FindProtocol(protocol), item, {});
}

constexpr char kJson[] =
    R"([{"Category": "Creative", "Definition": "Write.", "Prompt": "A poem."},
{"Category": "argumentative", "Definition": "", "Prompt": "Why?", "Note": 1},
{"Category": "creative", "Definition": "Tell.", "Prompt": "A tale."}])";

TEST(ImpactTest, AFileOfEveryFormHasTheSameTasks) {
  const std::string csv =
      "Note,category,Definition,Prompt\n,Creative,Write.,A poem.\n1,argumentative,,Why?\n"
      ",creative,Tell.,A tale.\n";
  const std::string lines =
      "{\"Category\": \"Creative\", \"Definition\": \"Write.\", \"Prompt\": \"A poem.\"}\n\n"
      "{\"Category\": \"argumentative\", \"Definition\": \"\", \"Prompt\": \"Why?\"}\n"
      "{\"Category\": \"creative\", \"Definition\": \"Tell.\", \"Prompt\": \"A tale.\"}";
  for (const auto& [path, content] : std::vector<SourceFile>{
           {"i.csv", csv}, {"i.json", kJson}, {"i.jsonl", lines}, {"i.jsonl.gz", Gzip(lines)}}) {
    SCOPED_TRACE(path);
    const std::vector<Item> items = Parse(path, content);
    EXPECT_THAT(Ids(items),
                ElementsAre("impact/argumentative/0", "impact/creative/0", "impact/creative/1"));
    ASSERT_EQ(items.size(), 3u);
    EXPECT_EQ(items[2].ordinal, 2);
    EXPECT_EQ(items[2].group, "creative");
    EXPECT_EQ(items[2].split, "test");
    EXPECT_EQ(Prompt("instructeval", items[0]), "Why?");
    EXPECT_EQ(Prompt("instructeval", items[2]), "Tell. A tale.");
  }
}

TEST(ImpactTest, QuestionsOfMtBenchAreTheirFirstTurns) {
  const std::vector<Item> items = Parse(
      "question.jsonl",
      "{\"question_id\": 81, \"category\": \"writing\", \"turns\": [\"One.\", \"Two.\"]}\n"
      "{\"question_id\": \"b-2\", \"category\": \"common sense\", \"turns\": [\"Three.\"]}\n");
  EXPECT_THAT(Ids(items), ElementsAre("impact/common_sense/b-2", "impact/writing/81"));
  EXPECT_EQ(Prompt("instructeval", items[1]), "One.");
}

TEST(ImpactTest, PublishedQuestionsPassWhole) {
  if (!std::filesystem::exists(kMtBench)) GTEST_SKIP() << kMtBench << " is not there";
  const auto groups = ByGroup(ParseFolder(Impact(), kMtBench));
  EXPECT_EQ(groups.size(), 8u);
  for (const auto& [name, items] : groups) EXPECT_EQ(items.size(), 10u) << name;
}

TEST(ImpactTest, JudgesAreShownTheTaskOnlyForItsRelevance) {
  Item item = Parse("i.json", kJson).back();
  item.fields[kAnswerField] = "Once {prompt} upon a time.";
  const std::string relevance = Prompt("judge-relevance", item);
  EXPECT_THAT(relevance, HasSubstr("Tell. A tale.\n===== THE TEXT =====\nOnce {prompt} upon"));
  EXPECT_EQ(relevance, Prompt("judge-relevance-instructeval", item));
  const std::string coherence = Prompt("judge-coherence", item);
  EXPECT_THAT(coherence, HasSubstr("Once {prompt} upon a time."));
  EXPECT_THAT(coherence, ::testing::Not(HasSubstr("A tale.")));
  for (const char* level :
       {"1 - inadequate", "2 - limited", "3 - satisfactory", "4 - proficient", "5 - excellent"}) {
    EXPECT_THAT(relevance, HasSubstr(level));
    EXPECT_THAT(coherence, HasSubstr(level));
  }
  item.fields[kRubricField] = "{{{prompt}}} <{answer}>";
  EXPECT_EQ(Prompt("judge-coherence", item), "{Tell. A tale.} <Once {prompt} upon a time.>");
}

TEST(ImpactTest, HasNoExamples) {
  const std::vector<Item> items = Parse("i.json", kJson);
  const ProtocolSpec& protocol = Impact().protocols().front();
  EXPECT_EQ(Impact().Select(protocol, 0, items)->items.size(), 3u);
  EXPECT_EQ(Impact().Select(protocol, 1, items).status().message(),
            "impact has no examples, and 1 shots are asked for; use 0");
}

TEST(ImpactTest, BadFilesAreRefusedWithFileAndLine) {
  const auto csv = [](const std::string& text) { return ParseError(Impact(), "i.csv", text); };
  EXPECT_EQ(csv("Category,Prompt\na,b\n"),
            "i.csv:1: the header has no column \"Definition\"; expected "
            "Category,Definition,Prompt");
  EXPECT_EQ(csv("Category,Definition,Prompt\na,b\n"), "i.csv:2: 2 cells, where the header has 3");
  EXPECT_EQ(csv("Category,Definition,Prompt\na,b,\" \"\n"), "i.csv:2: the prompt is empty");
  EXPECT_THAT(csv("Category,Definition,Prompt\na/b,b,c\n"),
              HasSubstr("i.csv:2: the category is \"a/b\"; use letters"));
  EXPECT_EQ(csv("Category,Definition,Prompt\n"), "i.csv: the file has no prompts");
  EXPECT_THAT(csv("Category,Definition,Prompt\na,b,\xC3\n"), HasSubstr("i.csv:2: byte 0xc3"));
  EXPECT_THAT(ParseError(Impact(), "i.json", "{}"),
              HasSubstr("i.json:1: the file holds an object where it must be an array"));
  const auto line = [](const std::string& text) { return ParseError(Impact(), "i.jsonl", text); };
  EXPECT_EQ(line("\n{\"Category\": \"a\", \"Definition\": 1, \"Prompt\": \"c\"}"),
            "i.jsonl:2: the record.Definition is a number where it must be a text");
  EXPECT_THAT(line("{\"category\": \"a\", \"turns\": [\"t\"]}"),
              HasSubstr("i.jsonl:1: the question has no \"question_id\""));
  EXPECT_EQ(line("{\"question_id\": 1, \"category\": \"a\", \"turns\": []}"),
            "i.jsonl:1: \"turns\" is empty");
  const std::string question = "{\"question_id\": 1, \"category\": \"a\", \"turns\": [\"t\"]}\n";
  EXPECT_EQ(line(question + question), "i.jsonl:2: the item impact/a/1 is there twice");
}

TEST(ImpactTest, NamesOfFiles) {
  for (const char* name : {"a.csv", "question.jsonl", "a.json.gz"}) {
    EXPECT_TRUE(Impact().IsDataFile(name)) << name;
  }
  for (const char* name : {"a.txt", "b/a.csv", ".csv", "a.csv.zip"}) {
    EXPECT_FALSE(Impact().IsDataFile(name)) << name;
  }
}

TEST(RubricTest, FillsInWhatItIsGivenAsItIs) {
  const auto rubric = Rubric::Parse("r", "a {prompt}{answer} {{b}} {prompt}");
  ASSERT_TRUE(rubric.ok()) << rubric.status();
  EXPECT_EQ(rubric->Render("{x}", "}}"), "a {x}}} {b} {x}");
}

TEST(RubricTest, RefusesWhatIsNoRubricWithItsLine) {
  const auto error = [](const std::string& text) {
    const auto rubric = Rubric::Parse("r.txt", text);
    EXPECT_EQ(rubric.status().code(), absl::StatusCode::kInvalidArgument) << text;
    return std::string(rubric.status().message());
  };
  EXPECT_EQ(error("a\n{answer}\n{reference}"),
            "r.txt:3: unknown placeholder \"{reference}\"; there are {prompt} and {answer}, and a "
            "brace is written {{ or }}");
  EXPECT_THAT(error("{answer}\n{"), HasSubstr("r.txt:2: \"{\" that is never closed"));
  EXPECT_THAT(error("{answer} }"), HasSubstr("r.txt:1: \"}\" without a \"{\" before it"));
  EXPECT_THAT(error("{prompt}"), HasSubstr("r.txt: the rubric has no {answer}"));
  EXPECT_THAT(error("{answer}\n\xFF"), HasSubstr("r.txt:2: byte 0xff is not UTF-8"));
  EXPECT_THAT(error("{answer}" + std::string(kMostRubricBytes, 'x')), HasSubstr("more than 65536"));
}

TEST(RubricTest, OursAreRubrics) {
  for (const char* criterion : {"relevance", "coherence"}) {
    const auto text = DefaultRubric(criterion);
    ASSERT_TRUE(text.ok());
    EXPECT_TRUE(Rubric::Parse(criterion, *text).ok());
  }
  EXPECT_TRUE(absl::IsNotFound(DefaultRubric("beauty").status()));
}

}  // namespace
}  // namespace assay
