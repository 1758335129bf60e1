#include "client/exchange/lm_eval_items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/catalog/built_in.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {
namespace {

using testing::HasSubstr;

constexpr char kSums[] = R"(
name: sums
version: 1
description: sums
data: {files: "*.jsonl", format: jsonl}
items:
  fields: {story: story, asked: question.text}
  choices: {texts: options}
  target: {column: answer, is: index}
protocols:
  - {name: a, request: score_choices, prompt: "{story} {asked}\n{options}", grader: max_loglikelihood}
)";

v1::Item AnItem(const std::string& id, const std::string& split = "test") {
  v1::Item item;
  item.set_id(id);
  item.set_split(split);
  item.set_group("sums");
  (*item.mutable_fields())["story"] = " Ada has 2 pens. ";
  (*item.mutable_fields())["asked"] = "How many?";
  (*item.mutable_fields())["A"] = "1";
  (*item.mutable_fields())["B"] = "2";
  item.add_choices("A");
  item.add_choices("B");
  item.set_target("B");
  return item;
}

ExchangeJson ADocument() {
  return {{"story", "Ada has 2 pens."},
          {"question", {{"text", "How many?"}, {"of", "pens"}}},
          {"options", {1, "2"}},
          {"answer", 1}};
}

class DeclaredItemsTest : public testing::Test {
 protected:
  std::string Error(const ExchangeJson& doc) {
    LmEvalItems items(benchmark_, {AnItem("sums/0")});
    return std::string(items.Find(doc).status().message());
  }

  const std::shared_ptr<const Benchmark> benchmark_ =
      DeclaredBenchmark::Read("sums.yaml", kSums).value();
};

TEST(BenchmarkOfTaskTest, IsByTheTasksName) {
  EXPECT_EQ(BenchmarkOfTask("mmlu_astronomy", {}), "mmlu");
  EXPECT_EQ(BenchmarkOfTask("mmlu_pro", {}), "");
  EXPECT_EQ(BenchmarkOfTask("leaderboard_bbh_navigate", {}), "bbh");
  EXPECT_EQ(BenchmarkOfTask("humaneval", {}), "human_eval");
  EXPECT_EQ(BenchmarkOfTask("sums", {}), "");
}

TEST(BenchmarkOfTaskTest, OfUsersTheLongestNameCounts) {
  const std::vector<std::string> names = {"sums", "sums_hard", "mmlu"};
  EXPECT_EQ(BenchmarkOfTask("sums", names), "sums");
  EXPECT_EQ(BenchmarkOfTask("sums_easy", names), "sums");
  EXPECT_EQ(BenchmarkOfTask("sums_hard_2", names), "sums_hard");
  EXPECT_EQ(BenchmarkOfTask("sumsum", names), "");
  EXPECT_EQ(BenchmarkOfTask("mmlu_law", names), "mmlu");
}

TEST_F(DeclaredItemsTest, AreFoundByWhatTheDeclarationTakes) {
  LmEvalItems items(benchmark_, {AnItem("sums/dev", "dev"), AnItem("sums/0"), AnItem("sums/1")});
  for (const char* id : {"sums/0", "sums/1"}) {
    const absl::StatusOr<const v1::Item*> found = items.Find(ADocument());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ((*found)->id(), id);
  }
  EXPECT_THAT(items.Find(ADocument()).status().message(), HasSubstr("is there twice"));
}

TEST_F(DeclaredItemsTest, OtherDocumentsAreRefused) {
  EXPECT_EQ(Error(ADocument()), "");
  ExchangeJson doc = ADocument();
  doc["answer"] = 0;
  EXPECT_EQ(Error(doc), "doc.answer is not ours: item sums/0 has B");
  doc = ADocument();
  doc["question"] = "How many?";
  EXPECT_EQ(Error(doc), "doc.question.text: is missing");
  doc["question.text"] = "How many?";
  EXPECT_EQ(Error(doc), "");
  doc = ADocument();
  doc["story"] = nullptr;
  EXPECT_EQ(Error(doc), "doc.story: is no text");
  doc = ADocument();
  doc["options"] = {"1", "3"};
  EXPECT_THAT(Error(doc), HasSubstr("the document is no item of the data set sums"));
  EXPECT_EQ(Error(7), "doc: is no object");
}

}  // namespace
}  // namespace assay
