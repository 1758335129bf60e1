#include "coordinator/store/run_score_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <set>

#include "coordinator/store/cluster_rows.h"
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
  EXPECT_NE(scores.scores[1].answer_hash, scores.scores[2].answer_hash);

  const Lease rest = GrantOne();
  Commit(rest, RightAnswers(rest));
  std::vector<std::string> answers;
  for (const Prediction& prediction : predictions) answers.push_back(prediction.output);
  for (const Prediction& prediction : RightAnswers(rest)) answers.push_back(prediction.output);
  scores = store_.Get(Run(job).spec.run_id).value();
  EXPECT_EQ(scores.state, State::kCompleted);
  EXPECT_THAT(scores.groups, ElementsAre("navigate", "words"));
  ASSERT_EQ(scores.scores.size(), 14u);
  std::set<int32_t> clusters;
  for (size_t i = 0; i < scores.scores.size(); ++i) {
    EXPECT_EQ(scores.scores[i].group, i < 7 ? 0 : 1);
    // Equal where the answers are.
    for (size_t j = 0; j < i; ++j) {
      EXPECT_EQ(scores.scores[i].answer_hash == scores.scores[j].answer_hash,
                answers[i] == answers[j]);
    }
    if (i > 0) {
      EXPECT_GT(scores.scores[i].ordinal, scores.scores[i - 1].ordinal);
    }
    clusters.insert(scores.scores[i].cluster);
  }
  EXPECT_EQ(clusters.size(), 14u);
}

// The sums that every commit keeps, for the run's first group; numbers in PostgreSQL's own form.
constexpr char kSums[] =
    "SELECT concat_ws(' ', clusters, n_n, n_correct, correct_correct, n_values, values_values) "
    "FROM run_groups WHERE group_name = 'navigate'";

TEST_F(RunScoreStoreTest, ItemsOfOnePassageHangTogether) {
  // Items 3 to 5 of the first task share a text that PostgreSQL's own text type cannot hold; an
  // item of another task has it too.
  std::vector<Item> items = SampleItems();
  for (const int ordinal : {3, 4, 5, 13}) {
    items[ordinal].fields["passage"] = std::string("a\0b", 3);
  }
  items[6].fields["passage"] = "of one item alone";
  DatasetInfo info = SampleInfo();
  info.sha256 = std::string(64, 'e');
  ASSERT_TRUE(coordinator_.datasets.Import(info, items).ok());
  const int64_t job = Submit(1);
  for (int i = 0; i < 14; ++i) {
    const Lease lease = GrantOne();
    std::vector<Prediction> predictions = RightAnswers(lease);
    if (lease.items[0].ordinal == 4 || lease.items[0].ordinal == 7) predictions[0].output = "no";
    Commit(lease, predictions);
  }
  const int64_t run = Run(job).spec.run_id;
  const std::vector<ItemScore> scores = store_.Get(run).value().scores;
  ASSERT_EQ(scores.size(), 14u);
  EXPECT_EQ(scores[0].ordinal, 3);
  EXPECT_EQ(scores[0].cluster, 0);
  EXPECT_EQ(scores[2].cluster, 0);
  EXPECT_EQ(scores[3].cluster, 1);
  EXPECT_EQ(scores[7].ordinal, 13);
  EXPECT_EQ(scores[7].cluster, 5);
  EXPECT_EQ(scores[13].cluster, 11);
  // A cluster of 3 with 2 right, and four by themselves, 3 of them right.
  EXPECT_EQ(Query(kSums), "5 13 9 7 9 7");
  EXPECT_EQ(Query("SELECT concat_ws(' ', cluster, items, correct, values_sum) FROM run_clusters"),
            "3 3 2 2");
  EXPECT_EQ(Query("SELECT count(*) FROM run_clusters"), "1");

  const std::vector<GroupCount> groups = coordinator_.jobs.Results(job)->at(0).groups;
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].clusters.clusters, 5);
  EXPECT_EQ(groups[0].clusters.n_n, 13);
  EXPECT_EQ(groups[0].clusters.correct_correct, 7);
  EXPECT_EQ(groups[1].clusters.clusters, 7);
  EXPECT_EQ(groups[1].clusters.n_n, 7);
}

TEST_F(RunScoreStoreTest, SamplesOfAnItemHangTogether) {
  const int64_t job = Submit(14);
  const Lease lease = GrantOne();
  Commit(lease, RightAnswers(lease));
  EXPECT_EQ(Query(kSums), "7 7 7 7 7 7");
  const int64_t run = Run(job).spec.run_id;
  Query("UPDATE runs SET samples = 2 RETURNING 1");
  Query(
      "INSERT INTO scores (run_id, item_ordinal, sample_index, grader, grader_version, verdict, "
      "extracted) SELECT run_id, item_ordinal, 1, grader, 1, 'wrong', extracted "
      "FROM scores RETURNING 1");
  const std::vector<ItemScore> scores = store_.Get(run).value().scores;
  ASSERT_EQ(scores.size(), 28u);
  EXPECT_EQ(scores[0].cluster, scores[1].cluster);
  EXPECT_EQ(scores[1].sample_index, 1);
  EXPECT_NE(scores[1].cluster, scores[2].cluster);

  pqxx::connection connection(url_);
  pqxx::work tx(connection);
  RecountClusters(tx, run);
  tx.commit();
  EXPECT_EQ(Query(kSums), "7 28 14 7 14 7");
  EXPECT_EQ(Query("SELECT count(*) FROM run_clusters"), "14");
}

TEST_F(RunScoreStoreTest, CountingAnewGivesWhatTheCommitsGave) {
  std::vector<Item> items = SampleItems();
  for (Item& item : items) item.fields["passage"] = item.ordinal % 3 == 0 ? "one" : "two";
  DatasetInfo info = SampleInfo();
  info.sha256 = std::string(64, 'e');
  ASSERT_TRUE(coordinator_.datasets.Import(info, items).ok());
  const int64_t job = Submit(3);
  for (int i = 0; i < 5; ++i) {
    const Lease lease = GrantOne();
    std::vector<Prediction> predictions = RightAnswers(lease);
    predictions[0].output = "something else";
    Commit(lease, predictions);
  }
  const std::string sums = Query(kSums);
  Query("UPDATE run_groups SET clusters = 0, n_n = 0, values_values = 0 RETURNING 1");
  pqxx::connection connection(url_);
  pqxx::work tx(connection);
  RecountClusters(tx, Run(job).spec.run_id);
  tx.commit();
  EXPECT_EQ(Query(kSums), sums);
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
