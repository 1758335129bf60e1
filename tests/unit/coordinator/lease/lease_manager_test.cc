#include "coordinator/lease/lease_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using LeaseManagerTest = CoordinatorTest;

TEST_F(LeaseManagerTest, ALeaseHoldsAllThatAWorkerNeeds) {
  const int64_t job = Submit(5);
  EXPECT_EQ(Run(job).state, State::kPending);
  const Lease lease = GrantOne();
  EXPECT_EQ(lease.items.size(), 5u);
  EXPECT_EQ(lease.model.path, "/models/tiny");
  EXPECT_EQ(lease.run.settings.protocol_version, 1);
  EXPECT_EQ(lease.run.settings.shots, 3);
  ASSERT_EQ(lease.shots.size(), 1u);
  EXPECT_EQ(lease.shots.begin()->second.size(), 3u);
  EXPECT_EQ(Run(job).state, State::kRunning);
  EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kRunning);
}

TEST_F(LeaseManagerTest, CommitsCompleteTheRunAndTheJob) {
  const int64_t job = Submit(7);
  for (int i = 0; i < 2; ++i) {
    const Lease lease = GrantOne();
    EXPECT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)),
              CommitOutcome::kAccepted);
  }
  EXPECT_THAT(*coordinator_.leases.Grant(SampleWorker(), 1, {}), IsEmpty());
  const RunProgress run = Run(job);
  EXPECT_EQ(run.state, State::kCompleted);
  EXPECT_EQ(run.items_done, 14);
  EXPECT_EQ(run.items_failed, 0);
  EXPECT_EQ(run.prompt_tokens, 140);
  EXPECT_EQ(run.cached_tokens, 56);
  EXPECT_EQ(run.generated_tokens, 28);
  EXPECT_LT(run.finished, absl::InfiniteFuture());
  EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kCompleted);
  const std::vector<GroupCount> groups = coordinator_.jobs.Results(job)->at(0).groups;
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].group, "navigate");
  EXPECT_EQ(groups[0].correct, 7);
}

TEST_F(LeaseManagerTest, EverySampleOfAnItemIsStoredAndCounted) {
  RunSettings settings;
  settings.limit = 1;
  settings.sampling = {.temperature = 0.5, .seed = 1, .samples = 3};
  const int64_t job = Submit(1, settings);
  EXPECT_EQ(Run(job).items, 2 * 3);
  const Lease lease = GrantOne();
  EXPECT_EQ(lease.run.settings.sampling.samples, 3);
  EXPECT_EQ(lease.run.settings.sampling.temperature, 0.5);
  EXPECT_EQ(lease.run.settings.sampling.seed, 1);
  std::vector<Prediction> predictions(3, RightAnswer(lease.items[0]));
  for (int i = 0; i < 3; ++i) predictions[static_cast<size_t>(i)].sample_index = i;
  predictions[1].output = "no";
  ASSERT_EQ(*coordinator_.leases.Commit(lease.key, predictions), CommitOutcome::kAccepted);
  EXPECT_EQ(Run(job).items_done, 3);

  // Of an item that cannot be run each sample is an error.
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(coordinator_.leases.Fail(GrantOne().key, FailureKind::kReported, "broken").ok());
  }
  const RunProgress run = Run(job);
  EXPECT_EQ(run.state, State::kCompleted);
  EXPECT_EQ(run.items_done, 6);
  EXPECT_EQ(run.items_failed, 3);
  const std::vector<SampleCount> samples = coordinator_.jobs.Results(job)->at(0).samples;
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].group, "navigate");
  EXPECT_EQ(samples[0].samples, 3);
  EXPECT_EQ(samples[0].correct, 2);
  EXPECT_EQ(samples[0].items, 1);
  EXPECT_EQ(samples[1].correct, 0);
}

TEST_F(LeaseManagerTest, ASecondCommitOfOneLeaseIsADuplicate) {
  const int64_t job = Submit(7);
  const Lease lease = GrantOne();
  ASSERT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kAccepted);
  EXPECT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kDuplicate);
  EXPECT_EQ(Run(job).items_done, 7);
}

TEST_F(LeaseManagerTest, ALateCommitOfALeaseThatRanOutIsRefused) {
  const int64_t job = Submit(14);
  const Lease late = GrantOne("slow");
  Expire();
  EXPECT_EQ(*coordinator_.leases.Reap(), 1);
  const Lease current = GrantOne("fast");
  EXPECT_EQ(current.key.shard_id, late.key.shard_id);
  EXPECT_EQ(current.key.attempt, late.key.attempt + 1);
  EXPECT_NE(current.key.lease_id, late.key.lease_id);
  EXPECT_EQ(*coordinator_.leases.Commit(late.key, RightAnswers(late)), CommitOutcome::kStale);
  EXPECT_EQ(Run(job).items_done, 0);
  EXPECT_EQ(*coordinator_.leases.Commit(current.key, RightAnswers(current)),
            CommitOutcome::kAccepted);
  EXPECT_EQ(*coordinator_.leases.Commit(late.key, RightAnswers(late)), CommitOutcome::kStale);
  EXPECT_EQ(Query("SELECT count(*) FROM predictions"), "14");
}

TEST_F(LeaseManagerTest, ForgedKeysAreStale) {
  Submit(14);
  const Lease lease = GrantOne();
  for (const LeaseKey& key :
       {LeaseKey{lease.key.shard_id, lease.key.attempt, lease.key.lease_id + 1},
        LeaseKey{lease.key.shard_id, lease.key.attempt + 1, lease.key.lease_id},
        LeaseKey{lease.key.shard_id + 1000, lease.key.attempt, lease.key.lease_id}}) {
    EXPECT_EQ(*coordinator_.leases.Commit(key, RightAnswers(lease)), CommitOutcome::kStale);
    EXPECT_EQ(*coordinator_.leases.Fail(key, FailureKind::kReported, ""), CommitOutcome::kStale);
  }
}

TEST_F(LeaseManagerTest, RenewalSavesALeaseAndTellsWhichAreOver) {
  Submit(7);
  const Lease kept = GrantOne(), lost = GrantOne();
  ASSERT_EQ(*coordinator_.leases.Fail(lost.key, FailureKind::kReturned, ""),
            CommitOutcome::kAccepted);
  Expire();
  EXPECT_THAT(*coordinator_.leases.Renew({kept.key, lost.key}), testing::ElementsAre(lost.key));
  EXPECT_EQ(*coordinator_.leases.Reap(), 0);
}

TEST_F(LeaseManagerTest, WhatIsGivenBackIsLeasedAgainAndNotCounted) {
  Submit(14);
  for (int i = 0; i < 5; ++i) {
    const Lease lease = GrantOne();
    EXPECT_EQ(lease.items.size(), 14u);
    ASSERT_TRUE(coordinator_.leases.Fail(lease.key, FailureKind::kReturned, "").ok());
  }
  EXPECT_EQ(Query("SELECT failures FROM shards"), "0");
}

TEST_F(LeaseManagerTest, ABadItemIsFoundByHalvesAndStoredAsAnError) {
  const int64_t job = Submit(14);
  std::string bad;
  int failures = 0;
  while (true) {
    const std::vector<Lease> leases = *coordinator_.leases.Grant(SampleWorker(), 1, {});
    if (leases.empty()) break;
    const Lease& lease = leases[0];
    if (bad.empty()) bad = lease.items[9].id;
    bool has_bad = false;
    for (const Item& item : lease.items) has_bad |= item.id == bad;
    if (has_bad) {
      ++failures;
      ASSERT_TRUE(coordinator_.leases.Fail(lease.key, FailureKind::kReported, "cannot run").ok());
    } else {
      ASSERT_TRUE(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).ok());
    }
  }
  // 14, 7, 4 or 3, 2, then three times the item alone.
  EXPECT_LE(failures, 7);
  const RunProgress run = Run(job);
  EXPECT_EQ(run.state, State::kCompleted);
  EXPECT_EQ(run.items_done, 14);
  EXPECT_EQ(run.items_failed, 1);
  const PredictionPage page =
      *coordinator_.predictions.List({.job_id = job, .only_wrong = true}, {}, 10, 1 << 20);
  ASSERT_EQ(page.predictions.size(), 1u);
  EXPECT_EQ(page.predictions[0].prediction.item_id, bad);
  EXPECT_EQ(page.predictions[0].prediction.error, "cannot run");
  EXPECT_EQ(page.predictions[0].score.verdict, Verdict::kError);
}

TEST_F(LeaseManagerTest, AReportThatDoesNotFitTheShardIsRefusedAndCounted) {
  Submit(7);
  const Lease lease = GrantOne();
  std::vector<Prediction> predictions = RightAnswers(lease);
  predictions.pop_back();
  const absl::Status missing = coordinator_.leases.Commit(lease.key, predictions).status();
  EXPECT_TRUE(absl::IsInvalidArgument(missing));
  EXPECT_THAT(missing.message(), HasSubstr(lease.items.back().id));
  EXPECT_EQ(Query("SELECT state FROM shards ORDER BY shard_id LIMIT 1"), "split");
  EXPECT_EQ(Query("SELECT count(*) FROM predictions"), "0");
}

TEST_F(LeaseManagerTest, AFatalFailureEndsItsRunAndNotTheOthers) {
  ASSERT_TRUE(coordinator_.models.Add(SampleModel("other")).ok());
  std::vector<NewRun> runs;
  auto planned = coordinator_.planner.Plan({{"tiny", "other"}, {"bbh"}, {}, 7});
  ASSERT_TRUE(planned.ok());
  for (PlannedRun& run : *planned) runs.push_back(run.run);
  const int64_t job = *coordinator_.jobs.Submit(runs);
  const Lease lease = GrantOne();
  ASSERT_EQ(*coordinator_.leases.FailWholeRun(lease.key, "the weights changed"),
            CommitOutcome::kAccepted);
  const JobProgress progress = *coordinator_.jobs.Get(job);
  EXPECT_EQ(progress.runs[0].state, State::kFailed);
  EXPECT_EQ(progress.runs[0].error, "the weights changed");
  EXPECT_EQ(progress.runs[1].state, State::kPending);
  for (int i = 0; i < 2; ++i) {
    const Lease next = GrantOne();
    EXPECT_EQ(next.run.model_name, "other");
    ASSERT_TRUE(coordinator_.leases.Commit(next.key, RightAnswers(next)).ok());
  }
  EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kFailed);
}

TEST_F(LeaseManagerTest, CancellingEndsLeasesAndKeepsWhatIsDone) {
  const int64_t job = Submit(7);
  const Lease done = GrantOne(), open = GrantOne();
  ASSERT_TRUE(coordinator_.leases.Commit(done.key, RightAnswers(done)).ok());
  ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  EXPECT_EQ(*coordinator_.leases.Commit(open.key, RightAnswers(open)), CommitOutcome::kStale);
  EXPECT_THAT(*coordinator_.leases.Renew({open.key}), testing::ElementsAre(open.key));
  EXPECT_EQ(*coordinator_.leases.Fail(open.key, FailureKind::kReported, ""), CommitOutcome::kStale);
  const JobProgress progress = *coordinator_.jobs.Get(job);
  EXPECT_EQ(progress.state, State::kCancelled);
  EXPECT_EQ(progress.runs[0].state, State::kCancelled);
  EXPECT_EQ(progress.runs[0].items_done, 7);
  EXPECT_THAT(*coordinator_.leases.Grant(SampleWorker(), 9, {}), IsEmpty());
  EXPECT_TRUE(coordinator_.jobs.Cancel(job).ok());
  EXPECT_TRUE(absl::IsNotFound(coordinator_.jobs.Cancel(999)));
}

TEST_F(LeaseManagerTest, TheLoadedModelComesBeforeTheOldestJob) {
  ASSERT_TRUE(coordinator_.models.Add(SampleModel("other")).ok());
  Submit(14);
  auto planned = coordinator_.planner.Plan({{"other"}, {"bbh"}, {}, 14});
  ASSERT_TRUE(planned.ok());
  ASSERT_TRUE(coordinator_.jobs.Submit({planned->at(0).run}).ok());
  const auto loaded = coordinator_.leases.Grant(
      SampleWorker(), 1, {SampleModel("other").weights_sha256, Precision::kBFloat16});
  EXPECT_EQ(loaded->at(0).run.model_name, "other");
  EXPECT_EQ(GrantOne().run.model_name, "tiny");
}

TEST_F(LeaseManagerTest, ShardsOfOneRunAreGrantedInOrderOfItems) {
  Submit(3);
  const std::vector<Lease> leases = *coordinator_.leases.Grant(SampleWorker(), 5, {});
  ASSERT_EQ(leases.size(), 5u);
  int64_t last = -1;
  for (const Lease& lease : leases) {
    for (const Item& item : lease.items) {
      EXPECT_GT(item.ordinal, last);
      last = item.ordinal;
    }
  }
}

TEST_F(LeaseManagerTest, EightWorkersAtOnceGetAndCommitEveryShardOnce) {
  const int64_t job = Submit(1);
  std::mutex mutex;
  std::multiset<int64_t> granted;
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&, i] {
      while (true) {
        const auto leases =
            coordinator_.leases.Grant(SampleWorker("worker-" + std::to_string(i)), 1, {});
        ASSERT_TRUE(leases.ok()) << leases.status();
        if (leases->empty()) {
          // Others may hold a lock for a moment; the job's end is what counts.
          if (Run(job).items_done == 14) return;
          continue;
        }
        {
          std::lock_guard<std::mutex> lock(mutex);
          granted.insert(leases->at(0).key.shard_id);
        }
        const auto outcome =
            coordinator_.leases.Commit(leases->at(0).key, RightAnswers(leases->at(0)));
        ASSERT_TRUE(outcome.ok()) << outcome.status();
        EXPECT_EQ(*outcome, CommitOutcome::kAccepted);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(granted.size(), 14u);
  EXPECT_EQ(std::set<int64_t>(granted.begin(), granted.end()).size(), 14u);
  EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kCompleted);
  EXPECT_EQ(Query("SELECT sum(correct) FROM run_groups"), "14");
}

TEST_F(LeaseManagerTest, OneLeaseCommittedByManyAtOnceIsStoredOnce) {
  const int64_t job = Submit(14);
  const Lease lease = GrantOne();
  std::atomic<int> accepted{0}, duplicates{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto outcome = coordinator_.leases.Commit(lease.key, RightAnswers(lease));
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      ++(*outcome == CommitOutcome::kAccepted ? accepted : duplicates);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(duplicates, 7);
  EXPECT_EQ(Run(job).items_done, 14);
}

TEST_F(LeaseManagerTest, CancellingWhileShardsAreSplitLeavesNothingOpen) {
  for (int round = 0; round < 10; ++round) {
    const int64_t job = Submit(7);
    const Lease first = GrantOne(), second = GrantOne();
    std::thread fail([&] {
      coordinator_.leases.Fail(first.key, FailureKind::kReported, "x").IgnoreError();
      coordinator_.leases.Fail(second.key, FailureKind::kReported, "x").IgnoreError();
    });
    ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
    fail.join();
    EXPECT_EQ(Query("SELECT count(*) FROM shards WHERE state IN ('pending', 'leased')"), "0");
  }
}

}  // namespace
}  // namespace assay
