// Shards that end their workers, and those that are only found beside them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "coordinator/lease/failure_policy.h"
#include "coordinator/lease/lease_manager.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class SuspectTest : public CoordinatorTest {
 protected:
  std::vector<Lease> Grant(const std::string& worker, int count) {
    return *coordinator_.leases.Grant(SampleWorker(worker), count, {});
  }
  void RunOut() {
    Expire();
    ASSERT_TRUE(coordinator_.leases.Reap().ok());
  }
  void Commit(const Lease& lease) {
    ASSERT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)),
              CommitOutcome::kAccepted);
  }
  // What ends every worker that has it, until nothing is left to be done: how many it ended.
  // Workers hold `in_flight` leases at once, and finish all but those of `poison` when nothing of
  // it is among them.
  int RunWithPoison(const std::set<std::string>& poison, int in_flight) {
    int crashes = 0;
    for (int worker = 0; worker < 1000; ++worker) {
      const std::string id = "worker-" + std::to_string(worker);
      while (true) {
        const std::vector<Lease> leases = Grant(id, in_flight);
        if (leases.empty()) return crashes;
        bool crash = false;
        for (const Lease& lease : leases) {
          for (const Item& item : lease.items) crash |= poison.count(item.id) != 0;
        }
        if (crash) break;
        for (const Lease& lease : leases) Commit(lease);
      }
      ++crashes;
      RunOut();
    }
    return -1;
  }
  std::vector<std::string> FailedItems(int64_t job) {
    const PredictionPage page =
        *coordinator_.predictions.List({.job_id = job, .only_wrong = true}, {}, 100, 1 << 20);
    std::vector<std::string> items;
    for (const StoredPrediction& stored : page.predictions) {
      items.push_back(stored.prediction.item_id);
    }
    return items;
  }
};

TEST_F(SuspectTest, AShardThatRunsOutTwiceIsLeasedAloneAndThenSplit) {
  Submit(7);
  for (int i = 0; i < kFailuresInCompany; ++i) {
    EXPECT_THAT(Grant("first", 2), SizeIs(2));
    RunOut();
  }
  const std::vector<Lease> alone = Grant("first", 2);
  ASSERT_THAT(alone, SizeIs(1));
  EXPECT_EQ(alone[0].items.size(), 7u);
  EXPECT_THAT(Grant("first", 2), IsEmpty());
  // Another worker gets the other one.
  EXPECT_THAT(Grant("second", 2), SizeIs(1));
  RunOut();
  // Each of the four halves goes to a worker of its own.
  for (const char* worker : {"a", "b", "c", "d"}) {
    const std::vector<Lease> half = Grant(worker, 2);
    ASSERT_THAT(half, SizeIs(1)) << worker;
    EXPECT_LE(half[0].items.size(), 4u);
  }
}

TEST_F(SuspectTest, ABusyWorkerFinishesFirstAndOthersGetOtherShards) {
  Submit(1);  // 14 shards
  Grant("gone", 1);
  RunOut();
  Grant("gone", 1);
  RunOut();
  // The suspect is the first shard. A worker that holds another is not given it beside that one.
  const std::vector<Lease> suspect = Grant("busy", 2);
  ASSERT_THAT(suspect, SizeIs(1));
  ASSERT_EQ(*coordinator_.leases.Fail(suspect[0].key, FailureKind::kReturned, ""),
            CommitOutcome::kAccepted);
  Query(
      "UPDATE shards SET state = 'leased', attempt = 1, lease_id = 77, worker_id = 'busy', "
      "deadline = now() + interval '1 h' WHERE shard_id = (SELECT max(shard_id) FROM shards) "
      "RETURNING 1");
  EXPECT_THAT(Grant("busy", 3), IsEmpty());
  EXPECT_EQ(Query("SELECT reserved_for FROM shards WHERE reserved_until > now()"), "busy");
  // It is held up alone.
  EXPECT_THAT(Grant("other", 3), SizeIs(3));
  // Reserved until it is idle, and then leased.
  Query("UPDATE shards SET state = 'done', deadline = NULL WHERE lease_id = 77 RETURNING 1");
  const std::vector<Lease> now = Grant("busy", 3);
  ASSERT_THAT(now, SizeIs(1));
  EXPECT_EQ(now[0].key.shard_id, suspect[0].key.shard_id);
}

TEST_F(SuspectTest, AReservationEndsWithTheLeaseTime) {
  Submit(7);
  Grant("gone", 1);
  RunOut();
  Grant("gone", 1);
  RunOut();
  Query(
      "UPDATE shards SET reserved_for = 'gone', reserved_until = now() + interval '1 h' "
      "WHERE failures = 2 RETURNING 1");
  EXPECT_EQ(Grant("other", 1).at(0).key.attempt, 1);
  Query("UPDATE shards SET reserved_until = now() - interval '1 s' WHERE failures = 2 RETURNING 1");
  EXPECT_EQ(Grant("third", 1).at(0).key.attempt, 3);
}

TEST_F(SuspectTest, ALeaseOfAWorkerThatIsStillThereRunsOutWithoutBlame) {
  const int64_t job = Submit(1);
  ASSERT_TRUE(coordinator_.workers.Seen(SampleWorker("frozen")).ok());
  for (int i = 0; i < 2 * kExpirationsOfOneItem; ++i) {
    ASSERT_THAT(Grant("frozen", 2), SizeIs(2));
    RunOut();
  }
  EXPECT_EQ(Query("SELECT max(failures) FROM shards"), "0");
  EXPECT_EQ(Run(job).items_failed, 0);
  ASSERT_TRUE(coordinator_.workers.Left("frozen").ok());
  Grant("frozen", 2);
  RunOut();
  EXPECT_EQ(Query("SELECT max(failures) FROM shards"), "1");
}

TEST_F(SuspectTest, AnItemThatEndsEveryWorkerIsIsolatedAndNothingElseIsHarmed) {
  for (const int shard_items : {14, 4, 1}) {
    const int64_t job = Submit(shard_items);
    const std::string bad = SampleItems()[5].id;
    const int crashes = RunWithPoison({bad}, 4);
    int halvings = 0;
    while ((1 << halvings) < shard_items) ++halvings;
    EXPECT_LE(crashes, halvings + kExpirationsOfOneItem) << shard_items;
    EXPECT_GE(crashes, kExpirationsOfOneItem);
    EXPECT_EQ(Run(job).state, State::kCompleted);
    EXPECT_EQ(Run(job).items_done, 14);
    EXPECT_THAT(FailedItems(job), testing::ElementsAre(bad)) << shard_items;
  }
}

TEST_F(SuspectTest, SeveralSuchItemsAreAllFoundAndNoOther) {
  const int64_t job = Submit(4);
  const std::vector<Item> items = SampleItems();
  const std::set<std::string> bad = {items[4].id, items[5].id, items[16].id};
  EXPECT_GT(RunWithPoison(bad, 4), 0);
  EXPECT_EQ(Run(job).state, State::kCompleted);
  EXPECT_EQ(Run(job).items_done, 14);
  EXPECT_THAT(FailedItems(job), testing::UnorderedElementsAreArray(bad));
}

}  // namespace
}  // namespace assay
