// A run's predictions come from one engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <pqxx/pqxx>
#include <thread>
#include <vector>

#include "coordinator/store/shard_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class EngineBindingTest : public CoordinatorTest {
 protected:
  const WorkerInfo avx2_ = SampleWorker("first", "avx2");
  const WorkerInfo amx_ = SampleWorker("other", "amx");

  std::vector<LeasedShard> Grant(const WorkerInfo& worker, int count) {
    return LeaseAny(coordinator_.shards, worker, count);
  }
};

TEST_F(EngineBindingTest, AStartedRunIsForWorkersOfItsEngineOnly) {
  const int64_t job = Submit(7);
  EXPECT_EQ(Run(job).engine, "");
  ASSERT_THAT(Grant(avx2_, 1), SizeIs(1));
  EXPECT_EQ(Run(job).engine, avx2_.engine_version);
  EXPECT_THAT(Grant(amx_, 1), IsEmpty());
  EXPECT_THAT(Grant(SampleWorker("second", "avx2"), 1), SizeIs(1));
}

TEST_F(EngineBindingTest, AWorkerOfAnotherEngineGetsTheNextRun) {
  const int64_t first = Submit(7), second = Submit(7);
  ASSERT_THAT(Grant(avx2_, 1), SizeIs(1));
  const std::vector<LeasedShard> leases = Grant(amx_, 9);
  ASSERT_THAT(leases, SizeIs(2));
  EXPECT_EQ(leases[0].run.job_id, second);
  EXPECT_EQ(Run(first).engine, avx2_.engine_version);
  EXPECT_EQ(Run(second).engine, amx_.engine_version);
}

TEST_F(EngineBindingTest, ALeaseThatRanOutStaysWithTheEngine) {
  Submit(14);
  ASSERT_THAT(Grant(avx2_, 1), SizeIs(1));
  Expire();
  ASSERT_EQ(*coordinator_.leases.Reap(), 1);
  EXPECT_THAT(Grant(amx_, 1), IsEmpty());
  EXPECT_THAT(Grant(avx2_, 1), SizeIs(1));
}

TEST_F(EngineBindingTest, OfTwoThatStartARunAtOnceOneKindGetsIt) {
  for (int round = 0; round < 20; ++round) {
    const int64_t first = Submit(1), second = Submit(1);
    std::atomic<int> ready{0};
    std::vector<LeasedShard> leases[2];
    std::thread threads[2];
    for (int i = 0; i < 2; ++i) {
      threads[i] = std::thread([&, i] {
        for (++ready; ready < 2;) {
        }
        leases[i] = Grant(i == 0 ? avx2_ : amx_, 3);
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_THAT(leases[0], SizeIs(3));
    ASSERT_THAT(leases[1], SizeIs(3));
    const int64_t of_avx2 = leases[0][0].run.job_id, of_amx = leases[1][0].run.job_id;
    EXPECT_EQ(of_avx2 + of_amx, first + second);
    EXPECT_NE(of_avx2, of_amx);
    EXPECT_EQ(Run(of_avx2).engine, avx2_.engine_version);
    EXPECT_EQ(Run(of_amx).engine, amx_.engine_version);
    for (const int64_t job : {first, second}) ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  }
}

// Not left to chance: the row is held while the second worker is on its way.
TEST_F(EngineBindingTest, AWorkerThatWaitedForTheRowSeesWhoHasStartedTheRun) {
  const int64_t job = Submit(7);
  pqxx::connection connection(url_);
  pqxx::work winner(connection);
  winner.exec(
      "UPDATE runs SET state = 'running', engine = '1/winner', started = clock_timestamp()");
  std::vector<LeasedShard> leases;
  std::atomic<bool> done{false};
  std::thread loser([&] {
    leases = Grant(amx_, 1);
    done = true;
  });
  while (!done && Query("SELECT count(*) FROM pg_stat_activity WHERE "
                        "datname = current_database() AND wait_event_type = 'Lock'") == "0") {
    std::this_thread::yield();
  }
  EXPECT_FALSE(done);
  winner.commit();
  loser.join();
  EXPECT_THAT(leases, IsEmpty());
  EXPECT_EQ(Run(job).engine, "1/winner");
}

}  // namespace
}  // namespace assay
