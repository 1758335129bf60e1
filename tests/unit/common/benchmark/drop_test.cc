#include "common/benchmark/drop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kPublished[] = "../shared/data/drop/";

const DropBenchmark& Drop() {
  static const DropBenchmark* const benchmark = new DropBenchmark;
  return *benchmark;
}

const ProtocolSpec& F1() { return **Drop().FindProtocol("drop-f1"); }

std::vector<Item> Parse(const std::string& path, const std::string& content) {
  const auto items = Drop().Parse(std::vector<SourceFile>{{path, content}});
  EXPECT_TRUE(items.ok()) << items.status();
  return items.value_or(std::vector<Item>());
}

std::string Error(const std::string& content) { return ParseError(Drop(), "d.json", content); }
std::string LineError(const std::string& content) { return ParseError(Drop(), "d.jsonl", content); }

std::string Answer(const std::string& number, const std::string& date, const std::string& spans) {
  return absl::StrCat("{\"number\": \"", number, "\", \"date\": {", date, "}, \"spans\": [", spans,
                      "]}");
}

// A file of one passage with a question of these answers.
std::string File(const std::string& answer, const std::string& validated) {
  return absl::StrCat("{\"s_1\": {\"passage\": \" P. \", \"qa_pairs\": [\n{\"question\": \"Q?\", ",
                      "\"query_id\": \"id\", \"answer\": ", answer, ", \"validated_answers\": [",
                      validated, "]}]}}");
}

TEST(DropTest, PublishedFormsPassWhole) {
  if (!std::filesystem::exists(kPublished)) GTEST_SKIP() << kPublished << " is not there";
  const auto count = [](const std::string& name) {
    return ParseFolder(Drop(), kPublished + name).size();
  };
  EXPECT_EQ(count("drop_dataset_dev.sample.json"), 7);
  EXPECT_EQ(count("drop_dataset_dev.reconstructed.json.gz"), 9536);
  EXPECT_EQ(count("drop_v0_dev.jsonl.gz"), 9536);
  EXPECT_EQ(count("drop_dev_subset1000.jsonl"), 1000);
}

TEST(DropTest, ItemOfTheAuthorsForm) {
  const std::string number = Answer("3", "", "");
  const std::vector<Item> items = Parse("d.json", File(number, number));
  ASSERT_EQ(items.size(), 1);
  EXPECT_EQ(items[0].id, "drop/s_1/0");
  EXPECT_EQ(items[0].group, "drop");
  EXPECT_EQ(items[0].fields.at("passage"), " P. ");
  EXPECT_EQ(items[0].fields.at("query_id"), "id");
  EXPECT_EQ(items[0].fields.at("references"), R"([["3"],["3"]])");
  EXPECT_EQ(items[0].target, "3");
  EXPECT_EQ(Drop().RenderPrompt(Drop().protocols()[0], items[0], items),
            "P. Q?\nAnswer: 3\n\nP. Q?\nAnswer:");
}

// The field "span" of a question, or "-".
std::string SpanOf(const std::string& answer, const std::string& validated) {
  const std::vector<Item> items = Parse("d.json", File(answer, validated));
  if (items.size() != 1) return "?";
  const auto span = items[0].fields.find("span");
  return span == items[0].fields.end() ? "-" : span->second;
}

TEST(DropTest, OneSpanMeansThatAllValidatedAnswersAreTheSame) {
  const std::string three = Answer("3", "", "");
  const std::string ann = Answer("", "", "\" Ann \"");
  EXPECT_EQ(SpanOf(three, three + "," + Answer(" 3", "", "")), "3");
  EXPECT_EQ(SpanOf(three, three + "," + Answer("4", "", "")), "-");
  // The answer itself does not count beside the validated ones.
  EXPECT_EQ(SpanOf(three, ann), "Ann");
  EXPECT_EQ(SpanOf(three, Answer("", "", "\"Ann\", \"Jo\"")), "-");
  EXPECT_EQ(SpanOf(three, Answer("", "", "\"Ann\", \"Ann\"")), "Ann");
  EXPECT_EQ(SpanOf(three, Answer("", R"("day": "9", "month": "March", "year": "2021")", "")),
            "9 March 2021");
  EXPECT_EQ(SpanOf(three, Answer("", R"("day": "", "month": "", "year": "2021")", "")), "2021");
  EXPECT_EQ(SpanOf(three, Answer("", R"("day": "9", "year": "2021")", "")), "9  2021");
  // An answer of two kinds takes the question out, and so do answers that hold nothing.
  EXPECT_EQ(SpanOf(three, Answer("3", "", "\"3\"")), "-");
  EXPECT_EQ(SpanOf(three, Answer("", "", "")), "-");
  EXPECT_EQ(SpanOf(three, ""), "-");
}

TEST(DropTest, WithoutValidatedAnswersTheAnswerCounts) {
  const std::string file = R"({"s": {"passage": "P", "qa_pairs": [{"question": "Q", "answer": )" +
                           Answer("", "", "\"Ann\"") + "}]}}";
  const std::vector<Item> items = Parse("d.json", file);
  ASSERT_EQ(items.size(), 1);
  EXPECT_EQ(items[0].fields.at("span"), "Ann");
}

TEST(DropTest, ReferencesTakeTheNumberBeforeTheSpansBeforeTheDate) {
  const std::string date = R"("day": "", "month": "May", "year": "1871")";
  const std::vector<Item> items =
      Parse("d.json", File(Answer("3", date, "\"x\""),
                           absl::StrCat(Answer("", date, "\"x\", \"y\""), ",", Answer("", date, ""),
                                        ",", Answer("", "", ""))));
  ASSERT_EQ(items.size(), 1);
  EXPECT_EQ(items[0].fields.at("references"), R"([["3"],["x","y"],[" May 1871"]])");
}

TEST(DropTest, ShotsAreDrawnAndTheirPassagesLeaveTheTestSet) {
  const std::vector<Item> items = ParseFolder(Drop(), kSampleDrop);
  ASSERT_EQ(items.size(), 22);
  const auto ids = [](const std::vector<Item>& some) {
    std::vector<std::string> result;
    for (const Item& item : some) result.push_back(item.id);
    return result;
  };
  const auto selection = Drop().Select(Drop().protocols()[0], 3, items);
  ASSERT_TRUE(selection.ok()) << selection.status();
  // random.seed(0); random.sample([the 17 items with one span], 3)
  EXPECT_THAT(ids(selection->shots),
              testing::ElementsAre("drop/orchard_1/0", "drop/orchard_1/3", "drop/harbour_1/3"));
  EXPECT_THAT(
      ids(selection->items),
      UnorderedElementsAre("drop/match_1/0", "drop/match_1/3", "drop/match_1/4", "drop/river_1/1",
                           "drop/river_1/2", "drop/town_1/0", "drop/town_1/1", "drop/town_1/3"));
  // The F1 protocol shows the same and asks all others about the other passages.
  const auto all = Drop().Select(F1(), 3, items);
  ASSERT_TRUE(all.ok());
  EXPECT_EQ(ids(all->shots), ids(selection->shots));
  EXPECT_EQ(all->items.size(), 5 + 4 + 4);
  EXPECT_EQ(Drop().Select(F1(), 0, items)->items.size(), 22);
  EXPECT_THAT(Drop().Select(F1(), 100, items).status().message(),
              HasSubstr("questions with one answer, and 100 shots are asked for"));
  EXPECT_FALSE(Drop().Select(F1(), -1, items).ok());
}

TEST(DropTest, ItemWithoutAnyAnswerIsNotAsked) {
  const std::string nothing = Answer("", "", "");
  const std::vector<Item> items = Parse("d.json", File(nothing, nothing));
  ASSERT_EQ(items.size(), 1);
  for (const ProtocolSpec& protocol : Drop().protocols()) {
    EXPECT_TRUE(Drop().Select(protocol, 0, items)->items.empty());
  }
}

TEST(DropTest, BothFormsOfLines) {
  const std::string lines =
      R"({"query_id": "q-1", "passage": "P", "question": "Q", "answers": [["Ann", "Jo"], ["3"]]})"
      "\n"
      R"({"context": "Passage: P\nQuestion: x\nQuestion: Q?\nAnswer:", "ref_text": "a and b|c"})"
      "\n"
      R"({"context": "Passage: P\nQuestion: Q?\nAnswer:", "completion": " 3", "ref_text": "3|3"})";
  const std::vector<Item> items = Parse("d.jsonl", lines);
  ASSERT_EQ(items.size(), 3);
  EXPECT_EQ(items[0].id, "drop/q-1");
  EXPECT_EQ(items[0].fields.at("references"), R"([["Ann","Jo"],["3"]])");
  EXPECT_EQ(items[0].target, "Ann, Jo");
  EXPECT_EQ(items[1].id, "drop/1");
  EXPECT_EQ(items[1].fields.at("passage"), "P\nQuestion: x");
  EXPECT_EQ(items[1].fields.at("question"), "Q?");
  EXPECT_EQ(items[1].fields.at("references"), R"([["a","b"],["c"]])");
  EXPECT_EQ(items[1].fields.count("span"), 0);
  EXPECT_EQ(items[2].fields.at("span"), "3");
  EXPECT_EQ(Parse("d.jsonl.gz", Gzip(lines)).size(), 3);
}

TEST(DropTest, BadFilesAreRefusedWithFileAndLine) {
  const std::string three = Answer("3", "", "");
  EXPECT_EQ(Error("{\"s\": {\"qa_pairs\": []}}"), "d.json:1: s has no \"passage\"");
  EXPECT_EQ(Error("{\"s\": {\"passage\": \"P\"}}"), "d.json:1: s has no \"qa_pairs\"");
  EXPECT_EQ(Error("{\"s\": []}"), "d.json:1: s is an array where it must be an object");
  EXPECT_THAT(Error("{\"s 1\": {}}"), HasSubstr("d.json:1: the section's name is \"s 1\""));
  EXPECT_EQ(Error("{\"s\": {}, \"s\": {}}").substr(0, 9), "d.json:1:");
  EXPECT_EQ(Error("{}"), "d.json: the file has no questions");
  EXPECT_EQ(Error("{\"s\": {\"passage\": \"P\", \"qa_pairs\": []}}"),
            "d.json: the file has no questions");
  EXPECT_EQ(Error(File("{\"number\": 3}", "")),
            "d.json:2: s_1.qa_pairs[0].answer.number is a number where it must be a text");
  EXPECT_EQ(Error(File(Answer("", "", "3"), "")),
            "d.json:2: s_1.qa_pairs[0].answer.spans[0] is a number where it must be a text");
  EXPECT_EQ(Error(File(Answer("", "\"day\": 3", ""), "")),
            "d.json:2: s_1.qa_pairs[0].answer.date.day is a number where it must be a text");
  EXPECT_EQ(Error(File(three, three + ", {}")),
            "d.json:2: s_1.qa_pairs[0].validated_answers[1] has no \"number\"");
  EXPECT_THAT(Error(File(three, three).substr(0, 100)), HasSubstr("d.json:2: not JSON"));
  EXPECT_THAT(ParseError(Drop(), "d.json.gz", Gzip(File(three, three)).substr(0, 50)),
              HasSubstr("d.json.gz: the gzip data is cut short"));
}

TEST(DropTest, BadLinesAreRefusedWithFileAndLine) {
  const std::string line = R"({"query_id": "q", "passage": "P", "question": "Q", "answers": []})";
  EXPECT_EQ(LineError(line + "\n" + line), "d.jsonl:2: the question q is there twice");
  EXPECT_EQ(LineError("\n{}"), "d.jsonl:2: the line has no \"query_id\"");
  EXPECT_EQ(LineError("3"), "d.jsonl:1: the line is a number where it must be an object");
  EXPECT_THAT(LineError(R"({"query_id": "", "passage": "", "question": "", "answers": []})"),
              HasSubstr("d.jsonl:1: the query_id is \"\""));
  EXPECT_EQ(LineError(R"({"query_id": "q", "passage": "", "question": "", "answers": ["3"]})"),
            "d.jsonl:1: answers[0] is a text where it must be an array");
  EXPECT_THAT(LineError(R"({"context": "Passage: P\nAnswer:", "ref_text": "3"})"),
              HasSubstr("d.jsonl:1: \"context\" is not \"Passage:"));
  EXPECT_EQ(LineError(R"({"context": "Passage: P\nQuestion: Q\nAnswer:"})"),
            "d.jsonl:1: the line has no \"ref_text\"");
}

TEST(DropTest, NamesOfFiles) {
  EXPECT_TRUE(Drop().IsDataFile("drop_dataset_dev.json"));
  EXPECT_TRUE(Drop().IsDataFile("drop_v0_dev.jsonl.gz"));
  EXPECT_FALSE(Drop().IsDataFile("drop.csv"));
  EXPECT_FALSE(Drop().IsDataFile("a/drop.json"));
  EXPECT_FALSE(Drop().IsDataFile(".json"));
}

}  // namespace
}  // namespace assay
