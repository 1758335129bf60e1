#include "common/declaration/declared_benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const DeclaredBenchmark> Read(const std::string& text) {
  const auto read = DeclaredBenchmark::Read("f.yaml", text);
  EXPECT_TRUE(read.ok()) << read.status();
  return *read;
}

std::vector<Item> Parse(const Benchmark& benchmark, const std::vector<SourceFile>& files) {
  const auto items = benchmark.Parse(files);
  EXPECT_TRUE(items.ok()) << items.status();
  return items.value_or(std::vector<Item>());
}

std::string ParseError(const Benchmark& benchmark, const std::vector<SourceFile>& files) {
  const auto items = benchmark.Parse(files);
  EXPECT_FALSE(items.ok());
  EXPECT_EQ(items.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(items.status().message());
}

std::vector<std::string> Ids(const std::vector<Item>& items) {
  std::vector<std::string> ids;
  for (const Item& item : items) ids.push_back(item.id);
  return ids;
}

constexpr char kQuiz[] = R"(name: quiz
version: 3
description: a quiz
data: {files: quiz*.csv, dev_files: dev.csv, format: csv}
items:
  fields: {asked: question}
  group: topic
  choices: {texts: [a, b, c]}
  target: {column: right, is: number}
parent_groups: {"category:all": [sea_life, trees]}
protocols:
  - name: letters
    request: score_choices
    shots: 1
    preamble: "About {group|words}:\n\n"
    prompt: "{asked|strip}\n{options}\nAnswer:"
    option: "({label}) {text}"
    grader: max_loglikelihood
    average: macro
  - name: cloze
    request: score_choices
    prompt: "{asked}"
    shot: "{prompt} {answer}.\n"
    choice: " {text}"
    grader: {name: max_loglikelihood, length: bytes}
  - name: drawn
    request: generate
    shots: {count: 2, from: random, seed: 0}
    prompt: "{asked}"
    max_output: 5
    stop: ["\n", "Q:"]
    grader: choice
    metric: right
)";

constexpr char kQuizData[] =
    "topic,question,a,b,c,right\n"
    "trees,\" Oak?\",\"1, 2\",3,,2\n"
    "sea life,Crab?,4,5,6,1\n"
    "trees,Elm?,7,8,9,3\n";
constexpr char kQuizDev[] =
    "right,topic,question,a,b,c\n"
    "2,trees,Fir?,x,y,\n"
    "1,sea life,Eel?,v,w,z\n"
    "1,sea life,Cod?,v,w,z\n";

class QuizTest : public testing::Test {
 protected:
  absl::Span<const Item> Group(absl::string_view name) const {
    size_t begin = 0;
    while (begin < items_.size() && items_[begin].group != name) ++begin;
    size_t end = begin;
    while (end < items_.size() && items_[end].group == name) ++end;
    return absl::MakeSpan(items_).subspan(begin, end - begin);
  }
  const ProtocolSpec& Protocol(absl::string_view name) const { return **quiz_->FindProtocol(name); }

  const std::shared_ptr<const DeclaredBenchmark> quiz_ = Read(kQuiz);
  const std::vector<Item> items_ =
      Parse(*quiz_, {{"quiz.csv", kQuizData}, {"dev.csv", kQuizDev}, {"notes.txt", "x"}});
};

TEST_F(QuizTest, ItemsAreOrderedByGroupWithTheirExamplesFirst) {
  EXPECT_THAT(Ids(items_),
              ElementsAre("quiz/sea_life/dev/0", "quiz/sea_life/dev/1", "quiz/sea_life/0",
                          "quiz/trees/dev/0", "quiz/trees/0", "quiz/trees/1"));
  for (size_t i = 0; i < items_.size(); ++i) EXPECT_EQ(items_[i].ordinal, static_cast<int64_t>(i));
  const Item& oak = items_[4];
  EXPECT_EQ(oak.group, "trees");
  EXPECT_EQ(oak.split, "test");
  EXPECT_EQ(oak.fields.at("asked"), " Oak?");
  EXPECT_THAT(oak.choices, ElementsAre("A", "B"));  // an empty cell is no option
  EXPECT_EQ(oak.fields.at("A"), "1, 2");
  EXPECT_EQ(oak.target, "B");
  EXPECT_THAT(quiz_->ParentGroups("trees"), ElementsAre("category:all"));
  EXPECT_THAT(quiz_->ParentGroups("rocks"), ElementsAre());
}

TEST_F(QuizTest, ProtocolsAreWhatIsDeclared) {
  const ProtocolSpec& letters = Protocol("letters");
  EXPECT_EQ(letters.version, 3);
  EXPECT_EQ(letters.shots, 1);
  EXPECT_EQ(letters.max_input, 2048);
  EXPECT_EQ(letters.averaging, Averaging::kMacro);
  const ProtocolSpec& drawn = Protocol("drawn");
  EXPECT_EQ(drawn.max_output, 5);
  EXPECT_THAT(drawn.stop_texts, ElementsAre("\n", "Q:"));
  EXPECT_EQ(drawn.verdict_metric, "right");
  EXPECT_EQ(Protocol("cloze").grader_parameters.at("length"), "bytes");
}

TEST_F(QuizTest, PromptsAreThePreambleTheShotsAndTheQuestion) {
  const ProtocolSpec& letters = Protocol("letters");
  const auto selection = quiz_->Select(letters, 1, Group("sea_life"));
  ASSERT_TRUE(selection.ok()) << selection.status();
  ASSERT_EQ(selection->items.size(), 1u);
  EXPECT_EQ(quiz_->RenderPrompt(letters, selection->items[0], selection->shots),
            "About sea life:\n\nEel?\n(A) v\n(B) w\n(C) z\nAnswer: A\n\nCrab?\n(A) 4\n(B) 5\n(C) "
            "6\nAnswer:");
  EXPECT_EQ(quiz_->RenderChoice(letters, selection->items[0], 2), " C");
  const ProtocolSpec& cloze = Protocol("cloze");
  EXPECT_EQ(quiz_->RenderPrompt(cloze, selection->items[0], selection->shots), "Eel? v.\nCrab?");
  EXPECT_EQ(quiz_->RenderChoice(cloze, selection->items[0], 2), " 6");
}

TEST_F(QuizTest, TooManyShotsAreRefused) {
  EXPECT_EQ(quiz_->Select(Protocol("letters"), 2, Group("trees")).status().message(),
            "benchmark quiz: group trees has 1 examples, and 2 shots are asked for");
  EXPECT_FALSE(quiz_->Select(Protocol("letters"), -1, Group("trees")).ok());
}

TEST_F(QuizTest, ReadingIsKnownByWhatIsSaidOfTheData) {
  std::string other_prompt = kQuiz;
  other_prompt.replace(other_prompt.find("Answer:"), 7, "Say:");
  EXPECT_EQ(Read(other_prompt)->reading_sha256(), quiz_->reading_sha256());
  EXPECT_NE(Read(other_prompt)->source()->sha256, quiz_->source()->sha256);
  std::string other_target = kQuiz;
  other_target.replace(other_target.find("is: number"), 10, "is: label ");
  EXPECT_NE(Read(other_target)->reading_sha256(), quiz_->reading_sha256());
}

TEST_F(QuizTest, EveryProblemOfTheDataIsTold) {
  EXPECT_EQ(ParseError(*quiz_, {{"quiz.csv",
                                 "topic,question,a,b,c,right\n"
                                 "trees,Oak?,1,1,,1\n"
                                 "trees,Elm?,1,,3,1\n"
                                 "trees,Fir?,1,2,3,4\n"
                                 "trees,Yew?,1,2\n"
                                 ",Ash?,1,2,3,1\n"
                                 "sea life,Eel?,1,2,3,1\n"
                                 "sea_life,Cod?,1,2,3,1\n"}}),
            "quiz.csv:2: the option \"1\" is there twice\n"
            "quiz.csv:3: the option \"b\" is empty, and one behind it is not\n"
            "quiz.csv:4: the target \"4\" is none of the options; it must be 1 to 3\n"
            "quiz.csv:5: 4 columns where there must be 6\n"
            "quiz.csv:6: the group, \"topic\", is empty\n"
            "quiz.csv:8: the groups \"sea life\" and \"sea_life\" would have one name, sea_life; "
            "rename one");
  EXPECT_EQ(ParseError(*quiz_, {{"quiz.csv", "topic,questions,a,b,right\n"}}),
            "quiz.csv:1: there is no column \"c\"; there are: topic, questions, a, b, right\n"
            "quiz.csv:1: there is no column \"question\"; did you mean \"questions\"?");
  EXPECT_EQ(ParseError(*quiz_, {{"dev.csv", kQuizDev}}),
            "no file of benchmark quiz; expected quiz*.csv");
  EXPECT_THAT(ParseError(*quiz_, {{"quiz.csv.gz", "no gzip"}}), HasSubstr("quiz.csv.gz: "));
}

// Python: random.seed(0); random.sample(range(5), 2) == [3, 4].
TEST(DrawnShotsTest, AreThoseOfPythonAndLeaveTheItems) {
  const auto benchmark = Read(
      "name: n\nversion: 1\ndescription: d\n"
      "data: {files: d.csv, format: csv, columns: [q, t]}\n"
      "items: {fields: [q], target: t}\n"
      "protocols:\n"
      "- {name: p, request: generate, shots: {count: 2, from: random, seed: 0}, prompt: \"{q}\",\n"
      "   shot: \"{q}{target};\", max_output: 1, grader: starts_with}\n");
  const std::vector<Item> items = Parse(*benchmark, {{"d.csv", "a,0\nb,1\nc,2\nd,3\ne,4\n"}});
  EXPECT_THAT(Ids(items), ElementsAre("n/0", "n/1", "n/2", "n/3", "n/4"));
  const ProtocolSpec& protocol = benchmark->protocols()[0];
  const auto selection = benchmark->Select(protocol, 2, items);
  ASSERT_TRUE(selection.ok());
  EXPECT_THAT(Ids(selection->shots), ElementsAre("n/3", "n/4"));
  EXPECT_THAT(Ids(selection->items), ElementsAre("n/0", "n/1", "n/2"));
  EXPECT_EQ(benchmark->RenderPrompt(protocol, items[0], selection->shots), "d3;e4;a");
  EXPECT_EQ(benchmark->Select(protocol, 6, items).status().message(),
            "benchmark n: group n has 5 items, and 6 shots are asked for");
}

constexpr char kLines[] = R"(name: lines
version: 1
description: d
data: {files: "*.jsonl", format: jsonl}
items:
  id: key
  fields: {q: text.en}
  target: answers
examples:
  - fields: {q: one}
    target: "1"
protocols:
  - {name: p, request: generate, shots: 1, prompt: "{q}:", max_output: 1, grader: exact_match}
)";

TEST(JsonLinesTest, DottedColumnsListsOfTargetsAndExamples) {
  const auto benchmark = Read(kLines);
  const std::vector<Item> items =
      Parse(*benchmark,
            {{"b.jsonl", "{\"key\": 7, \"text\": {\"en\": \"six\"}, \"answers\": [6, \"6.0\"]}\n"},
             {"a.jsonl", "\n{\"key\": \"x\", \"text.en\": true, \"answers\": \"y\"}\n"}});
  ASSERT_THAT(Ids(items), ElementsAre("lines/x", "lines/7"));
  EXPECT_EQ(items[0].fields.at("q"), "true");
  EXPECT_EQ(items[0].group, "lines");
  EXPECT_EQ(items[1].target, "6");
  EXPECT_EQ(items[1].fields.at("target@2"), "6.0");
  const auto selection = benchmark->Select(benchmark->protocols()[0], 1, items);
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(selection->items.size(), 2u);
  EXPECT_EQ(benchmark->RenderPrompt(benchmark->protocols()[0], items[1], selection->shots),
            "one: 1\n\nsix:");
  EXPECT_EQ(benchmark->Select(benchmark->protocols()[0], 2, items).status().message(),
            "benchmark lines has 1 examples, and 2 shots are asked for");
}

TEST(JsonLinesTest, ProblemsNameTheLine) {
  const auto benchmark = Read(kLines);
  EXPECT_EQ(
      ParseError(*benchmark, {{"a.jsonl",
                               "{\"key\": \"x\", \"text\": {\"en\": \"a\"}, \"answers\": \"y\"}\n"
                               "{\"key\": \"x\", \"text\": {\"en\": \"a\"}, \"answers\": []}\n"
                               "{\"key\": \"x\", \"text\": {\"en\": {}}, \"answers\": \"y\"}\n"
                               "[1]\n"
                               "{\"key\": \"a b\", \"text\": {}, \"answers\": null}\n"}}),
      "a.jsonl:2: \"answers\" has no right answer\n"
      "a.jsonl:2: the id \"x\" is that of a.jsonl:1 as well\n"
      "a.jsonl:3: \"text.en\" is an object where it must be a text or a list of texts\n"
      "a.jsonl:4: the record is an array where it must be an object\n"
      "a.jsonl:5: the record has no \"text.en\"\n"
      "a.jsonl:5: the record has no \"answers\"\n"
      "a.jsonl:5: the id is \"a b\"; use 1 to 200 letters, digits, _ - . : and / only");
  EXPECT_THAT(ParseError(*benchmark, {{"a.jsonl", "{\n"}}), HasSubstr("a.jsonl:1: not JSON"));
}

TEST(JsonTest, ListsOfRecordsAndOfOptions) {
  const char* const text =
      "name: n\nversion: 1\ndescription: d\n"
      "data: {files: \"{group}.json\", format: json%s}\n"
      "items: {fields: [q], choices: {labels: numbers, texts: o}, target: {column: t, is: index}}\n"
      "protocols:\n"
      "- {name: p, request: generate, prompt: \"{q} {options}\", max_output: 1, grader: choice}\n";
  std::string plain = text;
  plain.erase(plain.find("%s"), 2);
  const std::string records = "[{\"q\": \"a\", \"o\": [\"x\", \"y\", \"z\"], \"t\": 2}]";
  const std::vector<Item> items = Parse(*Read(plain), {{"g.json", records}});
  ASSERT_THAT(Ids(items), ElementsAre("n/g/0"));
  EXPECT_THAT(items[0].choices, ElementsAre("1", "2", "3"));
  EXPECT_EQ(items[0].target, "3");
  EXPECT_EQ(items[0].fields.at("3"), "z");

  std::string named = text;
  named.replace(named.find("%s"), 2, ", records: rows");
  EXPECT_THAT(Ids(Parse(*Read(named), {{"g.json", absl::StrCat("{\"rows\": ", records, "}")}})),
              ElementsAre("n/g/0"));
  EXPECT_EQ(ParseError(*Read(named), {{"g.json", "{}"}}), "g.json:1: no \"rows\"");
  EXPECT_EQ(ParseError(*Read(plain), {{"g.json", "{}"}}),
            "g.json:1: the file holds an object where it must be an array");
}

}  // namespace
}  // namespace assay
