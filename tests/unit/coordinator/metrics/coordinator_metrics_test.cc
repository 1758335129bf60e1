#include "coordinator/metrics/coordinator_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <string>

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
