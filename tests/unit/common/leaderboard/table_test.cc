#include "common/leaderboard/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

LeaderboardCell Cell(const std::string& model, const std::string& benchmark, double value) {
  LeaderboardCell cell;
  cell.model = model;
  cell.run.benchmark = benchmark;
  cell.run.run_id = 7;
  cell.run.model_name = model;
  Metric metric;
  metric.name = "accuracy";
  metric.value = value;
  metric.standard_error = 0.03;
  metric.low = value - 0.06;
  metric.high = value + 0.06;
  metric.items = 100;
  metric.errors = 1;
  cell.metrics = {metric};
  return cell;
}

void AddSuite(const std::string& model, double value, LeaderboardData* data) {
  for (const char* benchmark : {"mmlu", "bbh", "drop", "crass", "human_eval"}) {
    data->cells.push_back(Cell(model, benchmark, value));
  }
}

ModelFacts Facts(const std::string& name, const std::string& size) {
  ModelFacts facts;
  facts.name = name;
  if (!size.empty()) facts.parameters = ParseCount(size).value();
  return facts;
}

BaselineRow Published(const std::string& model, int64_t parameters, double mmlu) {
  BaselineRow row;
  row.model = model;
  row.parameters = parameters;
  row.scores = {{"mmlu", mmlu}};
  return row;
}

std::vector<std::string> Models(const std::vector<TableRow>& rows) {
  std::vector<std::string> models;
  for (const TableRow& row : rows) models.push_back(row.model);
  return models;
}

const std::vector<LeaderboardColumn> kSuite = ColumnsOf(LeaderboardView::kSuite);

TEST(TableTest, AverageNeedsAllFiveBenchmarks) {
  LeaderboardData data;
  AddSuite("whole", 0.5, &data);
  data.cells.back().metrics[0].value = 0.75;
  data.cells.push_back(Cell("part", "mmlu", 0.9));
  const std::vector<TableRow> rows = MakeTable(data, kSuite);
  ASSERT_THAT(Models(rows), ElementsAre("part", "whole"));
  EXPECT_EQ(rows[0].scores.count("average"), 0u);
  const TableScore& average = rows[1].scores.at("average");
  EXPECT_NEAR(average.value, 0.55, 1e-12);
  EXPECT_NEAR(*average.standard_error, 0.03 * std::sqrt(5.0) / 5, 1e-12);
  // Half-widths of 0.06, but for the last, whose interval was made around 0.5.
  EXPECT_NEAR(average.value - *average.low, std::hypot(0.12, 0.31) / 5, 1e-12);
  EXPECT_EQ(average.items, 500);
  EXPECT_EQ(average.errors, 5);
}

TEST(TableTest, APartMakesTheAverageAPart) {
  LeaderboardData data;
  AddSuite("m", 0.5, &data);
  data.cells[2].partial = true;
  const std::vector<TableRow> rows = MakeTable(data, kSuite);
  EXPECT_TRUE(rows[0].scores.at("drop").partial);
  EXPECT_TRUE(rows[0].scores.at("average").partial);
  EXPECT_FALSE(rows[0].scores.at("mmlu").partial);
}

TEST(TableTest, RatingsAreFoundByCriterionAndCategory) {
  LeaderboardData data;
  LeaderboardCell cell = Cell("m", "impact", 3.5);
  cell.metrics[0].name = "relevance";
  cell.metrics.push_back(cell.metrics[0]);
  cell.metrics[1].group = "creative";
  cell.metrics[1].value = 4.5;
  cell.metrics.push_back(cell.metrics[1]);
  cell.metrics[2].group = "professional";
  cell.metrics[2].value = std::nan("");  // nothing was rated
  data.cells.push_back(cell);
  const std::vector<TableRow> rows = MakeTable(data, ColumnsOf(LeaderboardView::kWriting));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].scores.size(), 2u);
  EXPECT_EQ(rows[0].scores.at("impact/relevance").value, 3.5);
  EXPECT_EQ(rows[0].scores.at("impact/relevance/creative").value, 4.5);
}

TEST(TableTest, SortsWithMissingValuesLast) {
  LeaderboardData data;
  data.cells = {Cell("a", "mmlu", 0.3), Cell("b", "bbh", 0.9), Cell("c", "mmlu", 0.6),
                Cell("d", "mmlu", 0.3)};
  data.facts = {Facts("a", "7b"), Facts("c", "13b")};
  std::vector<TableRow> rows = MakeTable(data, kSuite);
  SortRows("mmlu", /*ascending=*/false, &rows);
  EXPECT_THAT(Models(rows), ElementsAre("c", "a", "d", "b"));
  SortRows("mmlu", /*ascending=*/true, &rows);
  EXPECT_THAT(Models(rows), ElementsAre("a", "d", "c", "b"));
  SortRows("parameters", /*ascending=*/false, &rows);
  EXPECT_THAT(Models(rows), ElementsAre("c", "a", "b", "d"));
  SortRows("model", /*ascending=*/true, &rows);
  EXPECT_THAT(Models(rows), ElementsAre("d", "c", "b", "a"));
}

TEST(TableTest, FiltersByWhatIsKnown) {
  LeaderboardData data;
  for (const char* model : {"small", "large", "unknown"}) {
    data.cells.push_back(Cell(model, "mmlu", 0.5));
  }
  data.facts = {Facts("small", "0.7b"), Facts("large", "13b")};
  data.facts[0].foundation = "T5";
  data.facts[0].method = TrainingMethod::kSupervised;
  data.facts[1].foundation = "LLaMA";
  data.facts[1].tuning = Tuning::kLora;
  const auto kept = [&](const TableFilter& filter) {
    std::vector<TableRow> rows = MakeTable(data, kSuite);
    KeepRows(filter, &rows);
    return Models(rows);
  };
  EXPECT_THAT(kept({}), ElementsAre("large", "small", "unknown"));
  TableFilter sizes;
  ASSERT_TRUE(ParseSizeRange("1b..13b", &sizes).ok());
  EXPECT_THAT(kept(sizes), ElementsAre("large"));
  sizes = {};
  ASSERT_TRUE(ParseSizeRange("..1b", &sizes).ok());
  EXPECT_THAT(kept(sizes), ElementsAre("small"));
  sizes = {};
  ASSERT_TRUE(ParseSizeRange("0.5b..", &sizes).ok());
  EXPECT_THAT(kept(sizes), ElementsAre("large", "small"));
  TableFilter filter;
  filter.foundation = "llama";
  EXPECT_THAT(kept(filter), ElementsAre("large"));
  filter = {};
  filter.method = TrainingMethod::kSupervised;
  EXPECT_THAT(kept(filter), ElementsAre("small"));
  filter = {};
  filter.tuning = Tuning::kLora;
  EXPECT_THAT(kept(filter), ElementsAre("large"));
  filter.foundation = "T5";
  EXPECT_THAT(kept(filter), IsEmpty());
  for (const char* wrong : {"..", "13b..1b", "x..y", ""}) {
    EXPECT_FALSE(ParseSizeRange(wrong, &sizes).ok()) << wrong;
  }
}

TEST(TableTest, FactsFollowFromTheSourceToo) {
  LeaderboardData data;
  data.cells = {Cell("mine", "mmlu", 0.5), Cell("cached", "mmlu", 0.5), Cell("other", "mmlu", 0.5)};
  data.facts = {Facts("flan-t5-xl", "3b"), Facts("mine", "")};
  data.facts[0].source = data.facts[1].source = "google/flan-t5-xl";
  data.facts[0].foundation = "T5";
  ModelSpec cached;
  cached.name = "cached";
  cached.path = "/home/x/.cache/huggingface/hub/models--google--flan-t5-xl/snapshots/1";
  cached.parameters = 2'849'757'184;
  ModelSpec other = cached;
  other.name = "other";
  other.path = "/models/flan-t5-xl";
  data.models = {cached, other};
  std::vector<TableRow> rows = MakeTable(data, kSuite);
  SortRows("model", false, &rows);
  ASSERT_THAT(Models(rows), ElementsAre("cached", "mine", "other"));
  EXPECT_EQ(rows[0].facts.foundation, "T5");
  EXPECT_EQ(rows[0].facts.parameters, 3'000'000'000);
  EXPECT_EQ(rows[1].facts.foundation, "T5");
  EXPECT_EQ(rows[2].facts.foundation, "");
  EXPECT_EQ(rows[2].facts.parameters, 2'849'757'184);
}

TEST(TableTest, PublishedRowsFollowTheirModel) {
  LeaderboardData data;
  data.cells = {Cell("llama-7b-hf", "mmlu", 0.36), Cell("zephyr", "mmlu", 0.6)};
  data.facts = {Facts("llama-7b-hf", "7b")};
  data.facts[0].source = "decapoda-research/llama-7b-hf";
  data.facts[0].aliases = {"Llama 7B"};
  Baseline first;
  first.name = "problem_solving";
  first.source = "instructeval";
  first.rows = {Published("LLaMA", 7'000'000'000, 0.352), Published("LLaMA", 13'000'000'000, 0.462),
                Published("Human", 0, 0.898)};
  first.rows[0].source = "decapoda-research/llama-7b-hf";
  first.rows[1].source = "decapoda-research/llama-13b-hf";
  first.rows[2].scores["bbh"] = 0.944;
  Baseline second;
  second.name = "mine";
  second.rows = {Published("Llama", 7'000'000'000, 0.4)};
  data.baselines = {first, second};
  std::vector<TableRow> rows = MakeTable(data, kSuite);
  SortRows("mmlu", false, &rows);
  ASSERT_THAT(Models(rows),
              ElementsAre("Human", "zephyr", "LLaMA", "llama-7b-hf", "Llama", "LLaMA"));
  EXPECT_EQ(rows[0].baseline, "instructeval");
  EXPECT_EQ(rows[2].same_as, "");
  EXPECT_EQ(rows[4].same_as, "llama-7b-hf");
  EXPECT_EQ(rows[4].baseline, "mine");
  EXPECT_EQ(rows[5].same_as, "llama-7b-hf");
  EXPECT_NEAR(*rows[5].scores.at("mmlu").difference, 0.008, 1e-12);
  EXPECT_NEAR(*rows[4].scores.at("mmlu").difference, -0.04, 1e-12);
  EXPECT_FALSE(rows[0].scores.at("bbh").difference.has_value());
  EXPECT_EQ(rows[3].scores.at("mmlu").difference, std::nullopt);
}

TEST(TableTest, AModelIsNotTheSameAtAnotherSize) {
  ModelFacts facts = Facts("t5-base-lm-adapt", "0.2b");
  facts.source = "google/t5-base-lm-adapt";
  BaselineRow row = Published("T5 Large LM", 700'000'000, 0.25);
  row.source = facts.source;
  EXPECT_FALSE(IsSameModel(facts, row));
  row.parameters = 250'000'000;
  EXPECT_TRUE(IsSameModel(facts, row));
  row.parameters = 0;
  EXPECT_TRUE(IsSameModel(facts, row));
  row.source = "";
  EXPECT_FALSE(IsSameModel(facts, row));
}

TEST(TableTest, SizesAreNamedAsPeopleNameThem) {
  EXPECT_EQ(SizeName(0), "");
  EXPECT_EQ(SizeName(7'000'000'000), "7B");
  EXPECT_EQ(SizeName(65'000'000'000), "65B");
  EXPECT_EQ(SizeName(700'000'000), "0.7B");
  EXPECT_EQ(SizeName(2'849'757'184), "2.85B");
  EXPECT_EQ(SizeName(134'515'008), "0.13B");
  EXPECT_EQ(SizeName(33'000'000), "33M");
  EXPECT_EQ(SizeName(175'000'000'000), "175B");
}

}  // namespace
}  // namespace assay
