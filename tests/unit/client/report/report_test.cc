#include "client/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/registry/baseline_file.h"
#include "client/registry/known_models.h"
#include "client/report/html.h"
#include "client/report/pairs.h"
#include "client/report/population.h"

namespace assay {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A part of the published tables.
constexpr char kProblemSolving[] =
    "Model,Foundation,Parameters (B),MMLU,BBH,DROP,CRASS,HumanEval,Average\n"
    "[LLaMA](https://huggingface.co/decapoda-research/"
    "llama-7b-hf),LLaMA,7,35.2,30.9,27.6,33.9,10.3,27.6\n"
    "[LLaMA](https://huggingface.co/decapoda-research/"
    "llama-13b-hf),LLaMA,13,46.2,37.1,35.3,58.8,13.4,38.2\n"
    "[Alpaca "
    "7B](https://huggingface.co/chavinlo/alpaca-native),LLaMA,7,41.6,33.3,26.3,50.7,10.3,32.4\n"
    "[Flan-T5-XL](https://huggingface.co/google/flan-t5-xl),T5,3,49.2,40.2,56.3,91.2,0.0,47.4\n"
    "[T5 XL LM](https://huggingface.co/google/t5-xl-lm-adapt),T5,3,23.3,24.3,12.6,31.0,0.0,18.2\n"
    "[StarCoder](https://huggingface.co/bigcode/starcoder),,16,29.7,35.9,19.7,30.7,32.9,27.5\n";
constexpr char kAlignment[] =
    "Model, Parameters(B), Harmless,Helpful,Honest,Others,Avg\n"
    "Llama,7,42.1,44.4,54.1,44.2,46.2\n"
    "flan-t5-xl,3,73.8,75.9,67.2,83.2,75\n";

LeaderboardData PublishedData() {
  LeaderboardData data;
  for (const auto& [name, text] :
       {std::make_pair("problems", kProblemSolving), std::make_pair("alignment", kAlignment)}) {
    Baseline baseline = ReadBaseline(name, text).value();
    baseline.name = name;
    baseline.source = "instructeval";
    data.baselines.push_back(std::move(baseline));
  }
  return data;
}

LeaderboardCell CellOf(const std::string& model, const std::string& benchmark, int64_t run,
                       std::vector<double> groups) {
  LeaderboardCell cell;
  cell.model = model;
  cell.run.run_id = run;
  cell.run.benchmark = benchmark;
  cell.run.settings.protocol = "instructeval";
  double sum = 0;
  for (const double value : groups) sum += value;
  Metric metric;
  metric.name = "accuracy";
  metric.items = 500;
  metric.value = sum / static_cast<double>(groups.size());
  metric.standard_error = 0.02;
  metric.low = metric.value - 0.04;
  metric.high = metric.value + 0.04;
  cell.metrics.push_back(metric);
  for (size_t i = 0; i < groups.size(); ++i) {
    metric.group = std::string(1, static_cast<char>('a' + i));
    metric.items = 100;
    metric.value = groups[i];
    metric.low = groups[i] - 0.0196;
    metric.high = groups[i] + 0.0196;
    cell.metrics.push_back(metric);
  }
  return cell;
}

ReportInput InputOf(const LeaderboardData& data) {
  ReportInput input;
  input.populations = MakePopulations(data, KnownModels().value());
  input.baselines = data.baselines;
  input.cells = data.cells;
  return input;
}

const ReportSection& Named(const std::vector<ReportSection>& sections, const std::string& id) {
  for (const ReportSection& section : sections) {
    if (section.id == id) return section;
  }
  ADD_FAILURE() << "no section " << id;
  return sections.front();
}

const ReportModel& ModelNamed(const Population& population, const std::string& name) {
  for (const ReportModel& model : population.models) {
    if (model.facts.name == name) return model;
  }
  ADD_FAILURE() << "no model " << name;
  return population.models.front();
}

TEST(ReportTest, JoinsTheTablesOfOnePublisher) {
  const std::vector<Population> populations =
      MakePopulations(PublishedData(), KnownModels().value());
  ASSERT_EQ(populations.size(), 1u);
  EXPECT_EQ(populations[0].name, "published by instructeval");
  EXPECT_EQ(populations[0].models.size(), 6u);
  const ReportModel& llama = ModelNamed(populations[0], "llama-7b-hf");
  EXPECT_DOUBLE_EQ(llama.scores.at("mmlu").value, 0.352);
  EXPECT_DOUBLE_EQ(llama.scores.at("hhh").value, 0.462);
  EXPECT_EQ(llama.facts.method, TrainingMethod::kPretrained);
  EXPECT_EQ(HeadlineKey(populations[0]), "average");
}

TEST(ReportTest, SetsTunedModelsBesideTheirPretrainedOnes) {
  const ReportInput input = InputOf(PublishedData());
  const std::vector<TunedPair> pairs = FindTunedPairs(input.populations[0]);
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].tuned->facts.name, "alpaca-native");
  EXPECT_EQ(pairs[0].base->facts.name, "llama-7b-hf");
  const Estimate gain = ScoreDifference(input, *pairs[0].tuned, *pairs[0].base, "average").value();
  EXPECT_NEAR(gain.value, 0.324 - 0.276, 1e-12);
  EXPECT_TRUE(std::isnan(gain.standard_error));
  EXPECT_EQ(ScoreDifference(input, *pairs[1].tuned, *pairs[1].base, "hhh").value().n, 0);

  const std::vector<ReportSection> sections = MakeReport(input).value();
  EXPECT_THAT(Named(sections, "instruction-data").findings, IsEmpty());
  EXPECT_THAT(
      Named(sections, "instruction-data").limits,
      ElementsAre(HasSubstr("Alpaca changes Average by +4.80 points in 1 model"),
                  HasSubstr("Flan Collection changes Average by +29.20 points in 1 model")));
}

TEST(ReportTest, ListsAveragesThatDoNotFollow) {
  const std::vector<ReportSection> sections = MakeReport(InputOf(PublishedData())).value();
  const ReportSection& section = Named(sections, "published-averages");
  EXPECT_THAT(section.findings, Contains(HasSubstr("problems: 5 of 6 stated averages follow")));
  EXPECT_THAT(section.findings, Contains(HasSubstr("alignment: 2 of 2 stated averages follow")));
  EXPECT_THAT(section.findings,
              Contains(HasSubstr("StarCoder: the stated Average is 27.50, that of its own 5 of 5 "
                                 "columns is 29.78")));
}

TEST(ReportTest, SaysWhatTheDataCannotSupport) {
  const std::vector<ReportSection> sections = MakeReport(InputOf(PublishedData())).value();
  EXPECT_THAT(Named(sections, "alignment").limits, Contains(HasSubstr("2 models with both")));
  EXPECT_THAT(Named(sections, "training-methods").limits,
              Contains(HasSubstr("too few to say what LoRA costs")));
  EXPECT_THAT(Named(sections, "shots").limits, Contains(HasSubstr("nothing can be said")));
  EXPECT_THAT(Named(sections, "subjects").limits, Contains(HasSubstr("no run of ours")));

  const std::vector<ReportSection> empty = MakeReport(ReportInput()).value();
  EXPECT_THAT(Named(empty, "overall").limits, Contains(HasSubstr("neither completed runs")));
}

TEST(ReportTest, PairsOurRunsByItem) {
  LeaderboardData data;
  int64_t run = 0;
  for (const char* benchmark : {"mmlu", "bbh", "drop", "crass", "human_eval"}) {
    data.cells.push_back(CellOf("llama-7b-hf", benchmark, ++run, {0.3}));
    data.cells.push_back(CellOf("alpaca-native", benchmark, ++run, {0.4}));
  }
  ReportInput input = InputOf(data);
  std::vector<std::pair<int64_t, int64_t>> asked;
  input.paired = [&](int64_t first, int64_t second) {
    asked.emplace_back(first, second);
    Estimate estimate;
    estimate.n = 500;
    estimate.value = 0.1;
    estimate.standard_error = 0.01;
    estimate.interval = {0.08, 0.12};
    return estimate;
  };
  const ReportModel& tuned = ModelNamed(input.populations[0], "alpaca-native");
  const ReportModel& base = ModelNamed(input.populations[0], "llama-7b-hf");
  EXPECT_EQ(ScoreDifference(input, tuned, base, "mmlu").value().n, 500);
  EXPECT_THAT(asked, ElementsAre(std::make_pair(2, 1)));
  const Estimate average = ScoreDifference(input, tuned, base, "average").value();
  EXPECT_EQ(asked.size(), 6u);
  EXPECT_NEAR(average.value, 0.1, 1e-12);
  EXPECT_NEAR(average.standard_error, 0.01 / std::sqrt(5.0), 1e-12);

  const std::vector<ReportSection> sections = MakeReport(input).value();
  EXPECT_THAT(Named(sections, "overall").findings,
              Contains(HasSubstr("; none of the other 1 may be as good")));
  EXPECT_THAT(Named(sections, "instruction-data").findings,
              ElementsAre(HasSubstr("in the one model with its pretrained one here; the interval "
                                    "is over 2500 items")));

  input.paired = [](int64_t, int64_t) { return absl::UnavailableError("gone"); };
  EXPECT_TRUE(absl::IsUnavailable(MakeReport(input).status()));
}

TEST(ReportTest, FindsStrengthsBeyondModelAndGroup) {
  LeaderboardData data;
  // The second model is better everywhere by 0.1, and by 0.2 more in group "c".
  data.cells.push_back(CellOf("one", "own", 1, {0.3, 0.4, 0.5, 0.6, 0.7}));
  data.cells.push_back(CellOf("two", "own", 2, {0.4, 0.5, 0.8, 0.7, 0.8}));
  const std::vector<ReportSection> sections = MakeReport(InputOf(data)).value();
  const ReportTable& table = Named(sections, "subjects").tables.at(0);
  EXPECT_EQ(table.name, "subjects_own");
  ASSERT_EQ(table.rows.size(), 10u);
  const std::vector<Cell>& row = table.rows[7];
  EXPECT_EQ(row[0].value, "two");
  EXPECT_EQ(row[1].value, "c");
  // (1 - 1/2) (1 - 1/5) 0.2, with an error of 0.01 in each of ten scores.
  EXPECT_NEAR(row[4].value.get<double>(), 0.08, 1e-12);
  EXPECT_NEAR(row[5].value.get<double>(), 0.01 * std::sqrt(0.5 * 0.8), 1e-6);
  EXPECT_LT(row[7].value.get<double>(), 0.05);
  EXPECT_NEAR(table.rows[2][4].value.get<double>(), -0.08, 1e-12);
}

TEST(ReportTest, TellsNothingOfSmallGroupsAndOfWhatMayBeChance) {
  LeaderboardData data;
  int64_t run = 0;
  // Spearman's rho of the two is -0.4.
  for (const auto& [solved, aligned] : std::vector<std::pair<double, double>>{
           {0.2, 0.8}, {0.3, 0.3}, {0.4, 0.6}, {0.5, 0.5}, {0.6, 0.4}}) {
    const std::string model = absl::StrCat("model-", run);
    data.cells.push_back(CellOf(model, "mmlu", ++run, {solved, solved, solved, solved, solved}));
    data.cells.push_back(CellOf(model, "hhh", ++run, {aligned}));
  }
  for (LeaderboardCell& cell : data.cells) {
    for (Metric& metric : cell.metrics) metric.items = 2;
  }
  const std::vector<ReportSection> sections = MakeReport(InputOf(data)).value();
  EXPECT_THAT(Named(sections, "subjects").limits,
              Contains(HasSubstr("5 groups with fewer than 20 items in a run")));
  EXPECT_THAT(Named(sections, "subjects").tables, IsEmpty());
  EXPECT_THAT(Named(sections, "alignment").findings, IsEmpty());
  EXPECT_THAT(Named(sections, "alignment").limits,
              Contains(HasSubstr("no relation can be told from chance")));
}

TEST(ReportTest, CountsWhatExamplesBring) {
  ReportInput input;
  for (const double value : {0.1, -0.1, 0.01}) {
    ShotsDifference shots;
    shots.model = "model";
    shots.benchmark = "mmlu";
    shots.difference.n = 100;
    shots.difference.value = value;
    shots.difference.interval = {value - 0.05, value + 0.05};
    input.shots.push_back(shots);
  }
  const std::vector<ReportSection> sections = MakeReport(input).value();
  EXPECT_THAT(Named(sections, "shots").findings,
              ElementsAre(HasSubstr("Of 3 pairs of a model and a benchmark, examples raise the "
                                    "score in 1 and lower it in 1; the intervals of the other 1")));
}

TEST(ReportTest, ThePageHoldsNoMarkupOfModels) {
  LeaderboardData data;
  data.cells.push_back(CellOf("<script>alert(1)</script>", "mmlu", 1, {0.3, 0.4, 0.5, 0.6, 0.7}));
  ReportPage page;
  page.title = "a < b";
  page.sections = MakeReport(InputOf(data)).value();
  const std::string html = ToHtml(page);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("href=\"http")));
  EXPECT_THAT(html, HasSubstr("<title>a &lt; b</title>"));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  for (const ReportSection& section : page.sections) {
    for (const ReportTable& table : section.tables) {
      EXPECT_THAT(html, HasSubstr(table.name + ".csv"));
      EXPECT_THAT(ToCsv(table), HasSubstr(table.columns[0].key));
      for (const std::vector<Cell>& row : table.rows) {
        EXPECT_EQ(row.size(), table.columns.size()) << table.name;
      }
    }
  }
}

}  // namespace
}  // namespace assay
