#include "coordinator/lease/commit_batcher.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "absl/synchronization/blocking_counter.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

class CommitBatcherTest : public CoordinatorTest {
 protected:
  CommitBatcher::Commit Make(const Lease& lease) {
    CommitBatcher::Commit commit;
    commit.key = lease.key;
    for (const Item& item : lease.items) {
      commit.items.push_back(
          {item.ordinal, item.group, RightAnswer(item), {"starts_with", 1, Verdict::kCorrect, ""}});
    }
    commit.done = [this](const CommitBatcher::Commit& done,
                         const absl::StatusOr<CommitOutcome>& outcome) {
      absl::MutexLock lock(&mutex_);
      EXPECT_TRUE(outcomes_.emplace(done.key.lease_id, outcome).second);
    };
    return commit;
  }
  void Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto all = [&]() { return outcomes_.size() == count; };
    ASSERT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&all), absl::Seconds(60)));
  }

  absl::Mutex mutex_;
  std::map<int64_t, absl::StatusOr<CommitOutcome>> outcomes_;
};

TEST_F(CommitBatcherTest, OneThatDoesNotFitFailsAlone) {
  const int64_t job = Submit(2);  // seven shards
  std::vector<Lease> leases;
  for (int i = 0; i < 7; ++i) leases.push_back(GrantOne());
  CommitBatcher batcher(&coordinator_.shards);
  for (size_t i = 0; i < leases.size(); ++i) {
    CommitBatcher::Commit commit = Make(leases[i]);
    if (i == 3) commit.items.pop_back();
    batcher.Add(std::move(commit));
  }
  Await(leases.size());
  for (size_t i = 0; i < leases.size(); ++i) {
    const absl::StatusOr<CommitOutcome>& outcome = outcomes_.at(leases[i].key.lease_id);
    if (i == 3) {
      EXPECT_TRUE(absl::IsInternal(outcome.status()));
    } else {
      EXPECT_EQ(*outcome, CommitOutcome::kAccepted);
    }
  }
  EXPECT_EQ(Run(job).items_done, 12);
}

TEST_F(CommitBatcherTest, WhatComesAfterTheEndIsRefusedAndNothingIsHeld) {
  Submit(7);
  const Lease first = GrantOne(), second = GrantOne();
  CommitBatcher batcher(&coordinator_.shards);
  batcher.Add(Make(first));
  Await(1);
  batcher.Stop();
  EXPECT_EQ(batcher.held_bytes(), 0u);
  batcher.Add(Make(second));
  Await(2);
  EXPECT_EQ(*outcomes_.at(first.key.lease_id), CommitOutcome::kAccepted);
  EXPECT_TRUE(absl::IsUnavailable(outcomes_.at(second.key.lease_id).status()));
}

}  // namespace
}  // namespace assay
