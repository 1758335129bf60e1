// What a lease takes of a shard, takes back and leaves alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "coordinator/store/job_control.h"
#include "coordinator/store/quota_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class ShardLeaseTest : public CoordinatorTest {
 protected:
  // Of 14 items in two shards, which may be cut.
  int64_t SubmitCut() {
    const int64_t job = Submit(7);
    Query("UPDATE runs SET may_cut = true RETURNING 1");
    return job;
  }
  LeaseResult Lease(const std::string& worker, const RunChoice& choice) {
    return coordinator_.shards.Lease(SampleWorker(worker), {&choice, 1}, absl::Seconds(30)).value();
  }
  int64_t run() { return std::stoll(Query("SELECT max(run_id) FROM runs")); }
};

TEST_F(ShardLeaseTest, AShardIsCutAndTheRestStaysPending) {
  SubmitCut();
  const LeaseResult result = Lease("one", {run(), 2, 3});
  ASSERT_THAT(result.shards, SizeIs(2));
  EXPECT_THAT(result.shards[0].ordinals, SizeIs(3));
  EXPECT_THAT(result.shards[1].ordinals, SizeIs(3));
  EXPECT_EQ(Query("SELECT sum(cardinality(item_ordinals)) FROM shards"), "14");
  EXPECT_EQ(Query("SELECT count(DISTINCT o) FROM shards, unnest(item_ordinals) o"), "14");
  EXPECT_EQ(Query("SELECT sum(cardinality(item_ordinals)) FROM shards WHERE state = 'pending'"),
            "8");
  const ClusterState state = coordinator_.shards.ReadState().value();
  ASSERT_THAT(state.runs, SizeIs(1));
  EXPECT_EQ(state.runs[0].pending_items, 8);
  EXPECT_THAT(state.leases, SizeIs(2));
}

TEST_F(ShardLeaseTest, ARunOfShardsThatTheUserCutIsLeftAsItIs) {
  Submit(7);
  EXPECT_THAT(Lease("one", {run(), 1, 3}).shards.at(0).ordinals, SizeIs(7));
}

TEST_F(ShardLeaseTest, ACutRunIsDoneOnce) {
  const int64_t job = SubmitCut();
  for (int leases = 0; leases < 100; ++leases) {
    const std::vector<assay::Lease> granted =
        coordinator_.leases.Grant(SampleWorker("one"), 1, {}).value();
    if (granted.empty()) break;
    ASSERT_EQ(*coordinator_.leases.Commit(granted[0].key, RightAnswers(granted[0])),
              CommitOutcome::kAccepted);
  }
  EXPECT_EQ(Run(job).state, State::kCompleted);
  EXPECT_EQ(Run(job).items_done, 14);
}

TEST_F(ShardLeaseTest, ALeaseThatIsTakenBackIsStale) {
  SubmitCut();
  Query(
      "UPDATE shards SET state = 'cancelled' WHERE shard_id = (SELECT max(shard_id) FROM shards) "
      "RETURNING 1");
  const LeasedShard held = Lease("slow", {run(), 1, 7}).shards.at(0);
  RunChoice choice = {run(), 4, 4};
  choice.take_back = CurrentLease{.shard_id = held.key.shard_id, .lease_id = held.key.lease_id};
  EXPECT_THAT(Lease("fast", choice).shards, SizeIs(2));
  EXPECT_THAT(coordinator_.leases.Renew({held.key}).value(), SizeIs(1));
  EXPECT_EQ(Query("SELECT count(*) FROM events WHERE kind = 'shard_moved'"), "1");
  EXPECT_EQ(Query("SELECT max(failures) FROM shards"), "0");
}

TEST_F(ShardLeaseTest, LimitsOfAnOwnerAreKeptToTheLease) {
  Submit(1);
  Query("UPDATE jobs SET owner = 'ann' RETURNING 1");
  QuotaStore quotas(&coordinator_.database);
  ASSERT_TRUE(quotas.Set({.user = "ann", .most_shards = 3, .most_workers = 1}).ok());
  EXPECT_THAT(Lease("one", {run(), 2}).shards, SizeIs(2));
  EXPECT_THAT(Lease("two", {run(), 2}).shards, IsEmpty());
  EXPECT_THAT(Lease("one", {run(), 2}).shards, SizeIs(1));
  EXPECT_THAT(Lease("one", {run(), 2}).shards, IsEmpty());
  const std::vector<QuotaAndUse> listed = quotas.List().value();
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].use.leased_shards, 3);
  EXPECT_EQ(listed[0].use.workers, 1);
  EXPECT_EQ(listed[0].use.open_jobs, 1);
  // Everybody's, where he has none of his own.
  ASSERT_TRUE(quotas.Set({.user = "ann"}).ok());
  ASSERT_TRUE(quotas.Set({.user = "*", .weight = 2, .most_workers = 1}).ok());
  EXPECT_THAT(Lease("two", {run(), 2}).shards, IsEmpty());
  const ClusterState state = coordinator_.shards.ReadState().value();
  ASSERT_THAT(state.shares, SizeIs(1));
  EXPECT_EQ(state.shares[0].owner, "ann");
  EXPECT_EQ(state.shares[0].weight, 2);
  ASSERT_TRUE(quotas.Set({.user = "*"}).ok());
  EXPECT_THAT(Lease("two", {run(), 2}).shards, SizeIs(2));
}

TEST_F(ShardLeaseTest, AnOpenJobsPriorityCanBeChanged) {
  const int64_t job = Submit(7);
  JobControl control(&coordinator_.database);
  ASSERT_TRUE(control.SetPriority(job, 7).ok());
  EXPECT_EQ(coordinator_.jobs.Get(job)->priority, 7);
  ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(control.SetPriority(job, 1)));
  EXPECT_TRUE(absl::IsNotFound(control.SetPriority(job + 1, 1)));
}

}  // namespace
}  // namespace assay
