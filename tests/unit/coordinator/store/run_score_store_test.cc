#include "coordinator/store/run_score_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::ElementsAre;

class RunScoreStoreTest : public CoordinatorTest {
 protected:
  RunScoreStoreTest() : store_(&coordinator_.database) {}

  void Commit(const Lease& lease, const std::vector<Prediction>& predictions) {
    ASSERT_EQ(*coordinator_.leases.Commit(lease.key, predictions), CommitOutcome::kAccepted);
  }

  RunScoreStore store_;
};

TEST_F(RunScoreStoreTest, HasEveryScoreInTheDatasetsOrder) {
  const int64_t job = Submit(7);
  const Lease lease = GrantOne();
  std::vector<Prediction> predictions = RightAnswers(lease);
  predictions[1].output = "something else";
  predictions[2] = Prediction();
  predictions[2].item_id = lease.items[2].id;
  predictions[2].error = "out of memory";
  Commit(lease, predictions);
  RunScores scores = store_.Get(Run(job).spec.run_id).value();
  EXPECT_EQ(scores.spec.benchmark, "bbh");
  EXPECT_EQ(scores.spec.job_id, job);
  EXPECT_EQ(scores.state, State::kRunning);
  EXPECT_EQ(scores.predictions, 14);
  ASSERT_EQ(scores.scores.size(), 7u);
  EXPECT_EQ(scores.scores[0].ordinal, lease.items[0].ordinal);
  EXPECT_EQ(scores.scores[0].value, 1);
  EXPECT_EQ(scores.scores[1].verdict, Verdict::kWrong);
  EXPECT_EQ(scores.scores[1].value, 0);
  EXPECT_EQ(scores.scores[2].verdict, Verdict::kError);

  const Lease rest = GrantOne();
  Commit(rest, RightAnswers(rest));
  scores = store_.Get(Run(job).spec.run_id).value();
  EXPECT_EQ(scores.state, State::kCompleted);
  EXPECT_THAT(scores.groups, ElementsAre("navigate", "words"));
  ASSERT_EQ(scores.scores.size(), 14u);
  std::set<int32_t> clusters;
  for (size_t i = 0; i < scores.scores.size(); ++i) {
    EXPECT_EQ(scores.scores[i].group, i < 7 ? 0 : 1);
    if (i > 0) {
      EXPECT_GT(scores.scores[i].ordinal, scores.scores[i - 1].ordinal);
    }
    clusters.insert(scores.scores[i].cluster);
  }
  EXPECT_EQ(clusters.size(), 14u);
}

TEST_F(RunScoreStoreTest, ItemsOfOnePassageHangTogether) {
  const int64_t job = Submit(14);
  const Lease lease = GrantOne();
  Commit(lease, RightAnswers(lease));
  // Items 3 to 5 of the first task share a text that PostgreSQL's own text type cannot hold.
  Query(R"(UPDATE items SET body = '{"fields": {"passage": "a\u0000b"}, "choices": [],
           "target": ""}' WHERE ordinal BETWEEN 3 AND 5 RETURNING 1)");
  const std::vector<ItemScore> scores = store_.Get(Run(job).spec.run_id).value().scores;
  EXPECT_EQ(scores[0].ordinal, 3);
  EXPECT_EQ(scores[0].cluster, 0);
  EXPECT_EQ(scores[2].cluster, 0);
  EXPECT_EQ(scores[3].cluster, 1);
  EXPECT_EQ(scores[13].cluster, 11);
  EXPECT_FALSE(store_.HasClusters(Run(job).spec.run_id).value());
  Query(R"(UPDATE items SET body = '{"fields": {"passage": "of the first item"}, "choices": [],
           "target": ""}' WHERE ordinal = 0 RETURNING 1)");
  EXPECT_TRUE(store_.HasClusters(Run(job).spec.run_id).value());
}

TEST_F(RunScoreStoreTest, SamplesOfAnItemHangTogether) {
  const int64_t job = Submit(14);
  const Lease lease = GrantOne();
  Commit(lease, RightAnswers(lease));
  const int64_t run = Run(job).spec.run_id;
  EXPECT_FALSE(store_.HasClusters(run).value());
  Query(
      "INSERT INTO scores (run_id, item_ordinal, sample_index, grader, grader_version, verdict, "
      "extracted) SELECT run_id, item_ordinal, 1, grader, 1, 'wrong', extracted "
      "FROM scores RETURNING 1");
  EXPECT_TRUE(store_.HasClusters(run).value());
  const std::vector<ItemScore> scores = store_.Get(run).value().scores;
  ASSERT_EQ(scores.size(), 28u);
  EXPECT_EQ(scores[0].cluster, scores[1].cluster);
  EXPECT_EQ(scores[1].sample_index, 1);
  EXPECT_NE(scores[1].cluster, scores[2].cluster);
  EXPECT_FALSE(store_.HasClusters(999).value());
}

TEST_F(RunScoreStoreTest, OtherGradersScoresAreLeftOut) {
  const int64_t job = Submit(14);
  const Lease lease = GrantOne();
  Commit(lease, RightAnswers(lease));
  Query(
      "INSERT INTO scores (run_id, item_ordinal, sample_index, grader, grader_version, verdict, "
      "extracted) SELECT run_id, item_ordinal, sample_index, 'other', 1, 'wrong', extracted "
      "FROM scores RETURNING 1");
  const std::vector<ItemScore> scores = store_.Get(Run(job).spec.run_id).value().scores;
  ASSERT_EQ(scores.size(), 14u);
  for (const ItemScore& score : scores) EXPECT_EQ(score.verdict, Verdict::kCorrect);
}

TEST_F(RunScoreStoreTest, AnUnknownRunIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(store_.Get(999).status()));
}

}  // namespace
}  // namespace assay
