// The leases of many workers in one transaction.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "coordinator/store/quota_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;

class LeaseTogetherTest : public CoordinatorTest {
 protected:
  // Of 14 items in two shards, which may be cut.
  int64_t SubmitCut() {
    const int64_t job = Submit(7);
    Query("UPDATE runs SET may_cut = true RETURNING 1");
    return job;
  }
  // Of as many workers as there are choices.
  std::vector<std::vector<LeasedShard>> Lease(const std::vector<RunChoice>& choices) {
    std::vector<LeaseCall> calls;
    for (size_t i = 0; i < choices.size(); ++i) calls.push_back({&workers_.at(i), &choices[i]});
    return coordinator_.shards.LeaseTogether(calls, absl::Seconds(30)).value();
  }
  int64_t run() { return std::stoll(Query("SELECT max(run_id) FROM runs")); }

  std::vector<WorkerInfo> workers_ = {SampleWorker("a \"quoted\" \\ one"), SampleWorker("two"),
                                      SampleWorker("three")};
};

TEST_F(LeaseTogetherTest, EachGetsPiecesOfItsOwn) {
  const int64_t job = SubmitCut();
  const auto leased = Lease({{run(), 1, 3}, {run(), 2, 5}, {run(), 1, 2}});
  std::set<int64_t> ordinals, leases, shards;
  const std::vector<std::vector<size_t>> sizes = {{3}, {4, 5}, {2}};
  for (size_t call = 0; call < sizes.size(); ++call) {
    ASSERT_THAT(leased[call], SizeIs(sizes[call].size()));
    for (size_t i = 0; i < sizes[call].size(); ++i) {
      const LeasedShard& shard = leased[call][i];
      EXPECT_THAT(shard.ordinals, SizeIs(sizes[call][i]));
      EXPECT_EQ(shard.key.attempt, 1);
      ordinals.insert(shard.ordinals.begin(), shard.ordinals.end());
      leases.insert(shard.key.lease_id);
      shards.insert(shard.key.shard_id);
      EXPECT_EQ(Query("SELECT worker_id FROM shards WHERE shard_id = " +
                      std::to_string(shard.key.shard_id)),
                workers_[call].worker_id);
    }
  }
  EXPECT_THAT(ordinals, SizeIs(14));
  EXPECT_THAT(leases, SizeIs(4));
  EXPECT_THAT(shards, SizeIs(4));
  EXPECT_EQ(Query("SELECT count(*) FROM shards"), "4");
  EXPECT_EQ(Run(job).state, State::kRunning);
  EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kRunning);
}

TEST_F(LeaseTogetherTest, WhatIsLeftOfAShardStaysPending) {
  SubmitCut();
  EXPECT_THAT(Lease({{run(), 1, 3}, {run(), 1, 3}}), Each(SizeIs(1)));
  EXPECT_EQ(Query("SELECT sum(cardinality(item_ordinals)) FROM shards WHERE state = 'pending'"),
            "8");
  EXPECT_EQ(Query("SELECT count(DISTINCT o) FROM shards, unnest(item_ordinals) o"), "14");
  // In the order of the items: what is left of the first shard comes before the second.
  const std::string first = Query("SELECT min(first_ordinal) FROM shards WHERE state = 'pending'");
  const std::vector<LeasedShard> next = Lease({{run(), 1, 3}})[0];
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].ordinals, std::vector<int64_t>({std::stoll(first)}));
}

TEST_F(LeaseTogetherTest, ShardsThatTheUserCutStayAsTheyAre) {
  Submit(7);
  const auto leased = Lease({{run(), 1, 3}, {run(), 4, 3}, {run(), 1, 3}});
  ASSERT_THAT(leased[0], SizeIs(1));
  EXPECT_THAT(leased[0][0].ordinals, SizeIs(7));
  EXPECT_THAT(leased[1], SizeIs(1));
  EXPECT_THAT(leased[2], IsEmpty());
}

TEST_F(LeaseTogetherTest, SeveralRunsAtOnce) {
  Submit(7);
  const int64_t first = run();
  Submit(7);
  const auto leased = Lease({{run(), 1}, {first, 1}, {run(), 1}});
  ASSERT_THAT(leased, Each(SizeIs(1)));
  EXPECT_EQ(leased[0][0].run.run_id, run());
  EXPECT_EQ(leased[1][0].run.run_id, first);
}

TEST_F(LeaseTogetherTest, ARunIsForTheEngineOfWhoStartsIt) {
  const int64_t job = SubmitCut();
  workers_[1] = SampleWorker("other", "another kernel");
  const auto leased = Lease({{run(), 1, 3}, {run(), 1, 3}, {run(), 1, 3}});
  EXPECT_THAT(leased[0], SizeIs(1));
  EXPECT_THAT(leased[1], IsEmpty());
  EXPECT_THAT(leased[2], SizeIs(1));
  EXPECT_EQ(Run(job).engine, workers_[0].engine_version);
}

TEST_F(LeaseTogetherTest, WhatNeedsALookOfItsOwnIsLeftAlone) {
  SubmitCut();
  const RunChoice choice = {run(), 1, 3};
  QuotaStore quotas(&coordinator_.database);
  Query("UPDATE jobs SET owner = 'ann' RETURNING 1");
  ASSERT_TRUE(quotas.Set({.user = "ann", .most_shards = 3, .most_workers = 1}).ok());
  EXPECT_THAT(Lease({choice, choice}), Each(IsEmpty()));
  ASSERT_TRUE(quotas.Set({.user = "ann"}).ok());
  Query("UPDATE jobs SET paused = now() RETURNING 1");
  EXPECT_THAT(Lease({choice, choice}), Each(IsEmpty()));
  Query("UPDATE jobs SET paused = NULL RETURNING 1");
  EXPECT_THAT(Lease({choice}), Each(SizeIs(1)));
  // The first worker's is a suspect.
  Query("UPDATE shards SET failures = 2 WHERE state = 'leased' RETURNING 1");
  const auto leased = Lease({choice, choice});
  EXPECT_THAT(leased[0], IsEmpty());
  EXPECT_THAT(leased[1], SizeIs(1));
  Query(
      "UPDATE shards SET failures = 2 WHERE shard_id = "
      "(SELECT min(shard_id) FROM shards WHERE state = 'pending') RETURNING 1");
  EXPECT_THAT(Lease({choice, choice, choice}), Each(IsEmpty()));
}

TEST_F(LeaseTogetherTest, GroupsThatAskAtOnceDoEachItemOnce) {
  const int64_t job = SubmitCut();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this] {
      for (bool granted = true; granted;) {
        granted = false;
        std::vector<LeaseOrder> orders;
        for (const WorkerInfo& worker : workers_) orders.push_back({&worker, 1});
        coordinator_.leases.GrantTogether(
            orders, [&](size_t, absl::StatusOr<std::vector<GrantedLease>> leases) {
              ASSERT_TRUE(leases.ok()) << leases.status();
              for (const GrantedLease& lease : *leases) {
                assay::Lease whole = lease.lease;
                for (const Item* item : lease.items) whole.items.push_back(*item);
                EXPECT_EQ(*coordinator_.leases.Commit(whole.key, RightAnswers(whole)),
                          CommitOutcome::kAccepted);
                granted = true;
              }
            });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Query("SELECT count(*) FROM predictions"), "14");
  EXPECT_EQ(Run(job).items_done, 14);
  EXPECT_EQ(Run(job).state, State::kCompleted);
}

}  // namespace
}  // namespace assay
