#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "coordinator/store/shard_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::ElementsAre;

// Several shards in one transaction.
class ShardCommitTest : public CoordinatorTest {
 protected:
  std::vector<GradedItem> Graded(const Lease& lease, Verdict verdict = Verdict::kCorrect,
                                 std::optional<double> partial = std::nullopt) {
    std::vector<GradedItem> items;
    for (const Item& item : lease.items) {
      items.push_back(
          {item.ordinal, item.group, RightAnswer(item), {"starts_with", 1, verdict, "x", partial}});
    }
    return items;
  }
  std::string Sums() {
    return Query(
        "SELECT string_agg(concat_ws(',', group_name, items, correct, errors, values_sum, "
        "squares_sum, clusters, n_n, n_correct, correct_correct, n_values, values_values), ';' "
        "ORDER BY group_name) FROM run_groups");
  }
};

TEST_F(ShardCommitTest, EachHasAnOutcomeOfItsOwn) {
  const int64_t job = Submit(4);  // of 14 items
  const Lease first = GrantOne(), second = GrantOne(), third = GrantOne();
  ASSERT_EQ(*coordinator_.leases.Fail(third.key, FailureKind::kReturned, ""),
            CommitOutcome::kAccepted);
  const std::vector<GradedItem> of_first = Graded(first), of_second = Graded(second),
                                of_third = Graded(third);
  const LeaseKey unknown = {first.key.shard_id + 1000, 1, 1};
  const auto outcomes = coordinator_.shards.CommitAll({{second.key, of_second},
                                                       {first.key, of_first},
                                                       {first.key, of_first},
                                                       {third.key, of_third},
                                                       {unknown, of_third}});
  ASSERT_TRUE(outcomes.ok()) << outcomes.status();
  EXPECT_THAT(*outcomes,
              ElementsAre(CommitOutcome::kAccepted, CommitOutcome::kAccepted,
                          CommitOutcome::kDuplicate, CommitOutcome::kStale, CommitOutcome::kStale));
  EXPECT_EQ(Run(job).items_done, 8);
  EXPECT_EQ(Query("SELECT count(*) FROM predictions"), "8");
  EXPECT_EQ(Query("SELECT count(*) FROM scores"), "8");
}

TEST_F(ShardCommitTest, OneThatDoesNotFitLeavesTheOthersUnstored) {
  Submit(7);
  const Lease first = GrantOne(), second = GrantOne();
  const std::vector<GradedItem> whole = Graded(first), rest = Graded(second);
  const auto part = absl::MakeConstSpan(rest).first(6);
  EXPECT_TRUE(absl::IsInternal(
      coordinator_.shards.CommitAll({{first.key, whole}, {second.key, part}}).status()));
  EXPECT_EQ(Query("SELECT count(*) FROM predictions"), "0");
  EXPECT_EQ(*coordinator_.shards.Commit(first.key, whole), CommitOutcome::kAccepted);
}

TEST_F(ShardCommitTest, RunsAndJobsEndWithTheirLastShards) {
  const int64_t one = Submit(7), other = Submit(14);
  std::vector<Lease> leases = {GrantOne(), GrantOne(), GrantOne()};
  std::vector<std::vector<GradedItem>> items;
  for (const Lease& lease : leases) items.push_back(Graded(lease));
  const auto outcomes = coordinator_.shards.CommitAll(
      {{leases[2].key, items[2]}, {leases[0].key, items[0]}, {leases[1].key, items[1]}});
  ASSERT_TRUE(outcomes.ok()) << outcomes.status();
  for (const int64_t job : {one, other}) {
    EXPECT_EQ(Run(job).state, State::kCompleted);
    EXPECT_EQ(coordinator_.jobs.Get(job)->state, State::kCompleted);
  }
}

TEST_F(ShardCommitTest, SumsAreTheSameWithAndWithoutALookAtTheItems) {
  const auto commit = [&](bool clustered) {
    const int64_t job = Submit(5);
    const Lease first = GrantOne(), second = GrantOne(), third = GrantOne();
    const std::vector<GradedItem> right = Graded(first), wrong = Graded(second, Verdict::kWrong),
                                  between = Graded(third, Verdict::kWrong, 0.3);
    ASSERT_TRUE(coordinator_.shards
                    .CommitAll({{first.key, right, clustered},
                                {second.key, wrong, clustered},
                                {third.key, between, clustered}})
                    .ok());
    EXPECT_EQ(Run(job).state, State::kCompleted);
  };
  commit(true);
  const std::string looked_up = Sums();
  EXPECT_NE(looked_up, "");
  Query("WITH gone AS (DELETE FROM run_groups RETURNING 1) SELECT count(*) FROM gone");
  commit(false);
  EXPECT_EQ(Sums(), looked_up);
}

}  // namespace
}  // namespace assay
