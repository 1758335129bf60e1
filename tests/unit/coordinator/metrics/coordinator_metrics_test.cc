#include "coordinator/metrics/coordinator_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <string>
#include <vector>

#include "coordinator/metrics/queue_metrics.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::Not;

class CoordinatorMetricsTest : public CoordinatorTest {
 protected:
  std::string Text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }
  std::string QueueText() {
    return prometheus::TextSerializer().Serialize(QueueMetrics(&queue_, Clock::Real()).Collect());
  }

  prometheus::Registry registry_;
  LeaseMetrics metrics_{&registry_};
  LeaseManager leases_{&coordinator_.shards,
                       &coordinator_.catalog,
                       &coordinator_.cache,
                       &coordinator_.answers,
                       absl::Seconds(30),
                       Clock::Real(),
                       &metrics_};
  QueueStore queue_{&coordinator_.database};
};

TEST_F(CoordinatorMetricsTest, LeasesAndCommitsAreCountedOnce) {
  Submit(7);
  const auto granted = leases_.Grant(SampleWorker(), 1, {});
  ASSERT_TRUE(granted.ok()) << granted.status();
  ASSERT_EQ(granted->size(), 1u);
  const Lease& lease = granted->front();
  EXPECT_EQ(*leases_.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kAccepted);
  EXPECT_EQ(*leases_.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kDuplicate);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("assay_coordinator_leases_granted_total 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_coordinator_commits_total{outcome=\"accepted\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_coordinator_commits_total{outcome=\"duplicate\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_predictions_total{benchmark=\"bbh\",model=\"tiny\","
                              "verdict=\"correct\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("assay_prompt_tokens_total{model=\"tiny\"} 70\n"));
  EXPECT_THAT(text, HasSubstr("assay_prompt_tokens_cached_total{model=\"tiny\"} 28\n"));
  EXPECT_THAT(text, HasSubstr("assay_generated_tokens_total{model=\"tiny\"} 14\n"));
  EXPECT_THAT(text, HasSubstr("assay_coordinator_commit_duration_seconds_count 2\n"));
}

TEST_F(CoordinatorMetricsTest, EndsOfLeasesAreCountedByReason) {
  Submit(7);
  const auto granted = leases_.Grant(SampleWorker(), 2, {});
  ASSERT_EQ(granted->size(), 2u);
  ASSERT_TRUE(leases_.Fail(granted->front().key, FailureKind::kReturned, "").ok());
  Expire();
  ASSERT_EQ(*leases_.Reap(), 1);
  EXPECT_EQ(*leases_.Commit(granted->back().key, RightAnswers(granted->back())),
            CommitOutcome::kStale);
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("assay_coordinator_leases_ended_total{reason=\"returned\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_coordinator_leases_ended_total{reason=\"expired\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_coordinator_leases_ended_total{reason=\"failed\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("assay_coordinator_commits_total{outcome=\"stale\"} 1\n"));
}

TEST_F(CoordinatorMetricsTest, AReportThatDoesNotFitIsRefused) {
  Submit(7);
  const auto granted = leases_.Grant(SampleWorker(), 1, {});
  ASSERT_EQ(granted->size(), 1u);
  EXPECT_FALSE(leases_.Commit(granted->front().key, {}).ok());
  EXPECT_THAT(Text(), HasSubstr("assay_coordinator_commits_total{outcome=\"refused\"} 1\n"));
  EXPECT_THAT(Text(), HasSubstr("assay_coordinator_leases_ended_total{reason=\"failed\"} 1\n"));
}

TEST_F(CoordinatorMetricsTest, JudgesAndProgramsAreCountedByWhatTheyCostAndCameTo) {
  RunSpec run;
  run.model_name = "judge";
  run.benchmark = "impact";
  run.judged_run = 5;
  std::vector<GradedItem> items(3);
  items[0].prediction.prompt_tokens = 10;
  items[0].prediction.generated_tokens = 2;
  items[0].prediction.program_outcome = "passed";
  items[1].prediction.program_outcome = "timed out: took more than 3000 ms";
  items[2].prediction.program_outcome = "failed: NameError: name 'x' is not defined";
  metrics_.Committed({CommitOutcome::kAccepted, run, items, absl::Seconds(1), absl::Seconds(3)});
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("assay_judge_predictions_total{model=\"judge\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("assay_judge_tokens_total{kind=\"prompt\",model=\"judge\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("assay_judge_tokens_total{kind=\"generated\",model=\"judge\"} 2\n"));
  for (const char* outcome : {"passed", "timed_out", "failed"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("assay_sandbox_programs_total{outcome=\"", outcome,
                                             "\"} 1\n")));
  }
  EXPECT_THAT(text, HasSubstr("assay_coordinator_shard_duration_seconds_sum 3\n"));
}

TEST_F(CoordinatorMetricsTest, ManyModelsAreFewSeries) {
  const std::vector<GradedItem> items(1);
  const auto series = [&] {
    const std::string text = Text();
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto commit = [&](size_t models) {
    for (size_t i = 0; i < models; ++i) {
      RunSpec run;
      run.model_name = absl::StrCat("model-", i);
      run.benchmark = "mmlu";
      metrics_.Committed({CommitOutcome::kAccepted, run, items, absl::Seconds(1)});
    }
  };
  commit(LeaseMetrics::kMostModels + 1);
  const auto most = series();
  commit(LeaseMetrics::kMostModels + 500);
  EXPECT_EQ(series(), most);
  EXPECT_THAT(Text(), HasSubstr("model=\"other\""));
}

TEST_F(CoordinatorMetricsTest, TheQueueIsTheDatabases) {
  EXPECT_THAT(QueueText(), HasSubstr("assay_queue_shards{state=\"pending\"} 0\n"));
  ASSERT_TRUE(coordinator_.workers.Seen(SampleWorker("worker-1", "amx")).ok());
  Submit(7);
  ASSERT_EQ(leases_.Grant(SampleWorker(), 1, {})->size(), 1u);
  const std::string text = QueueText();
  EXPECT_THAT(text, HasSubstr("assay_database_up 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_queue_shards{state=\"pending\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_queue_shards{state=\"leased\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_queue_items 7\n"));
  EXPECT_THAT(text, HasSubstr("assay_jobs{state=\"running\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("assay_job_items{benchmark=\"bbh\",job_id=\"1\",model=\"tiny\"} 14\n"));
  EXPECT_THAT(text,
              HasSubstr("assay_job_items_done{benchmark=\"bbh\",job_id=\"1\",model=\"tiny\"} 0\n"));
  EXPECT_THAT(text, testing::ContainsRegex("assay_database_size_bytes [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("assay_database_disk_free_bytes [1-9]"));
  EXPECT_THAT(text, testing::ContainsRegex("assay_workers\\{engine=\"[^\"]*amx\"\\} 1\n"));
}

TEST_F(CoordinatorMetricsTest, AnUnreachableDatabaseIsDown) {
  Database nowhere("postgresql://nobody@127.0.0.1:1/nothing", 1);
  QueueStore store(&nowhere);
  const std::string text =
      prometheus::TextSerializer().Serialize(QueueMetrics(&store, Clock::Real()).Collect());
  EXPECT_THAT(text, HasSubstr("assay_database_up 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("assay_queue")));
}

}  // namespace
}  // namespace assay
