#include "coordinator/leaderboard/leaderboard_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/benchmark/human_eval.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LeaderboardReaderTest : public CoordinatorTest {
 protected:
  LeaderboardReaderTest()
      : runs_(&coordinator_.database),
        facts_(&coordinator_.database),
        baselines_(&coordinator_.database),
        reader_({&runs_, &coordinator_.datasets, &coordinator_.models, &facts_, &baselines_,
                 &coordinator_.catalog}) {}

  // Answers one lease, the first item wrongly.
  void Answer() {
    const Lease lease = GrantOne();
    std::vector<Prediction> predictions = RightAnswers(lease);
    predictions[0].output = "something else";
    ASSERT_EQ(*coordinator_.leases.Commit(lease.key, predictions), CommitOutcome::kAccepted);
  }

  LeaderboardStore runs_;
  ModelFactsStore facts_;
  BaselineStore baselines_;
  LeaderboardReader reader_;
};

TEST_F(LeaderboardReaderTest, ACommitChangesTheCell) {
  Submit(7);
  EXPECT_THAT(reader_.Read({})->cells, IsEmpty());
  Answer();
  LeaderboardData data = reader_.Read({}).value();
  EXPECT_THAT(data.cells, IsEmpty());
  ASSERT_EQ(data.omissions.size(), 1u);
  EXPECT_EQ(data.omissions[0].reason, OmissionReason::kUnfinished);
  data = reader_.Read({.partial = true}).value();
  ASSERT_EQ(data.cells.size(), 1u);
  EXPECT_TRUE(data.cells[0].partial);
  EXPECT_EQ(data.cells[0].items_done, 7);
  EXPECT_EQ(data.cells[0].items, 14);
  EXPECT_NEAR(data.cells[0].metrics.at(0).value, 6.0 / 7, 1e-12);

  Answer();
  data = reader_.Read({}).value();
  ASSERT_EQ(data.cells.size(), 1u);
  const LeaderboardCell& cell = data.cells[0];
  EXPECT_EQ(cell.model, "tiny");
  EXPECT_EQ(cell.run.benchmark, "bbh");
  EXPECT_EQ(cell.state, State::kCompleted);
  EXPECT_FALSE(cell.partial);
  ASSERT_EQ(cell.metrics.size(), 1u);
  EXPECT_EQ(cell.metrics[0].items, 14);
  EXPECT_NEAR(cell.metrics[0].value, 6.0 / 7, 1e-12);
  EXPECT_LT(cell.metrics[0].low, cell.metrics[0].value);
  EXPECT_THAT(data.omissions, IsEmpty());
  ASSERT_EQ(data.models.size(), 1u);

  data = reader_.Read({.groups = true}).value();
  ASSERT_EQ(data.cells[0].metrics.size(), 3u);
  EXPECT_EQ(data.cells[0].metrics[1].group, "navigate");
  EXPECT_EQ(data.cells[0].metrics[2].group, "words");
}

TEST_F(LeaderboardReaderTest, SamplesOfAProblemAreOneClusterOfPassAtOne) {
  const std::vector<SourceFile> files = {
      {"p.jsonl",
       R"({"task_id": "a/0", "prompt": "def f():\n", "entry_point": "f", "test": "def check(c):\n  pass"})"
       "\n"
       R"({"task_id": "a/1", "prompt": "def g():\n", "entry_point": "g", "test": "def check(c):\n  pass"})"
       "\n"}};
  DatasetInfo info;
  info.benchmark = info.name = "human_eval";
  info.sha256 = DatasetDigest(files);
  info.items = 2;
  info.groups = 1;
  ASSERT_TRUE(coordinator_.datasets.Import(info, HumanEvalBenchmark().Parse(files).value()).ok());
  RunSettings settings;
  settings.protocol = "instructeval-sampled";
  settings.sampling.samples = 10;
  std::vector<PlannedRun> planned =
      coordinator_.planner.Plan({{"tiny"}, {"human_eval"}, settings, 2}).value();
  std::vector<NewRun> runs;
  for (PlannedRun& run : planned) runs.push_back(std::move(run.run));
  ASSERT_TRUE(coordinator_.jobs.Submit(runs).ok());
  const Lease lease = GrantOne();
  std::vector<Prediction> predictions;
  for (const Item& item : lease.items) {
    for (int sample = 0; sample < 10; ++sample) {
      Prediction& prediction = predictions.emplace_back(RightAnswer(item));
      prediction.sample_index = sample;
      // 9 of the first problem's samples pass, 3 of the second's.
      const bool passes = sample < (item.ordinal == 0 ? 9 : 3);
      prediction.program_outcome = passes ? kProgramPassed : "failed: AssertionError";
    }
  }
  ASSERT_EQ(*coordinator_.leases.Commit(lease.key, predictions), CommitOutcome::kAccepted);
  EXPECT_THAT(reader_.Read({})->cells, IsEmpty());
  const LeaderboardData data = reader_.Read({.samples = 10}).value();
  ASSERT_EQ(data.cells.size(), 1u);
  const Metric& metric = data.cells[0].metrics.at(0);
  EXPECT_EQ(metric.name, "pass@1");
  EXPECT_EQ(metric.items, 20);
  EXPECT_NEAR(metric.value, 0.6, 1e-12);
  // Of the two problems' means, 0.9 and 0.3: their standard deviation, 0.3 * sqrt(2), by sqrt(2).
  EXPECT_NEAR(metric.standard_error, 0.3, 1e-12);
}

TEST_F(LeaderboardReaderTest, LimitedRunsAreNotMixedIn) {
  RunSettings settings;
  settings.limit = 2;
  Submit(14, settings);
  Answer();
  LeaderboardData data = reader_.Read({}).value();
  EXPECT_THAT(data.cells, IsEmpty());
  ASSERT_EQ(data.omissions.size(), 1u);
  EXPECT_EQ(data.omissions[0].reason, OmissionReason::kLimit);
  data = reader_.Read({.partial = true}).value();
  ASSERT_EQ(data.cells.size(), 1u);
  EXPECT_TRUE(data.cells[0].partial);
}

TEST_F(LeaderboardReaderTest, RunsOnOtherDataAreOmittedUntilTheirDataIsNamed) {
  Submit(14);
  Answer();
  DatasetInfo other = SampleInfo();
  other.sha256 = std::string(64, '9');
  ASSERT_TRUE(coordinator_.datasets.Import(other, SampleItems()).ok());
  LeaderboardData data = reader_.Read({}).value();
  EXPECT_THAT(data.cells, IsEmpty());
  ASSERT_EQ(data.omissions.size(), 1u);
  EXPECT_EQ(data.omissions[0].reason, OmissionReason::kData);

  DatasetInfo old = SampleInfo();
  old.name = "bbh-before";
  ASSERT_TRUE(coordinator_.datasets.Import(old, SampleItems()).ok());
  EXPECT_EQ(reader_.Read({.datasets = {"bbh-before"}})->cells.size(), 1u);
  absl::Status status = reader_.Read({.datasets = {"nosuch"}}).status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(status.message(), HasSubstr("nosuch"));
  status = reader_.Read({.datasets = {"bbh", "bbh-before"}}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), HasSubstr("both of benchmark bbh"));
}

TEST_F(LeaderboardReaderTest, TheOnlyDataSetOfABenchmarkNeedsNoName) {
  Submit(14);
  Answer();
  Query("UPDATE dataset_names SET name = 'mine' RETURNING 1");
  EXPECT_EQ(reader_.Read({})->cells.size(), 1u);
}

TEST_F(LeaderboardReaderTest, FactsAndBaselinesComeAlong) {
  ModelFacts facts;
  facts.name = "tiny";
  facts.foundation = "T5";
  facts.aliases = {"Tiny, \"the\" 1B"};
  ASSERT_TRUE(facts_.Put({facts}).ok());
  Baseline baseline;
  baseline.name = "published";
  baseline.sha256 = std::string(64, 'a');
  BaselineRow row;
  row.line = 2;
  row.model = "LLaMA";
  row.scores = {{"mmlu", 0.352}};
  baseline.rows = {row};
  ASSERT_TRUE(baselines_.Import(baseline).ok());
  const LeaderboardData without = reader_.Read({}).value();
  EXPECT_THAT(without.baselines, IsEmpty());
  const LeaderboardData data = reader_.Read({.baselines = true}).value();
  ASSERT_EQ(data.facts.size(), 1u);
  EXPECT_EQ(data.facts[0].foundation, "T5");
  EXPECT_EQ(data.facts[0].aliases, facts.aliases);
  ASSERT_EQ(data.baselines.size(), 1u);
  ASSERT_EQ(data.baselines[0].rows.size(), 1u);
  EXPECT_EQ(data.baselines[0].rows[0].scores.at("mmlu"), 0.352);
}

}  // namespace
}  // namespace assay
