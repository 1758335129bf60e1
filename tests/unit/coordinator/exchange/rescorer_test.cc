#include "coordinator/exchange/rescorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/scoring/grader.h"
#include "coordinator/store/run_score_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

class RescorerTest : public CoordinatorTest {
 protected:
  RescorerTest()
      : runs_(&coordinator_.database),
        scores_(&coordinator_.database),
        rescorer_(&runs_, &coordinator_.answers, &coordinator_.catalog, &coordinator_.cache) {}

  // A run of which every task has a right answer, an empty one, a wrong one and an error.
  int64_t Complete() {
    const int64_t job = Submit(7);
    for (int shard = 0; shard < 2; ++shard) {
      const Lease lease = GrantOne();
      std::vector<Prediction> predictions = RightAnswers(lease);
      predictions[1].output = " ";
      predictions[2].output = "something else";
      predictions[3] = Prediction();
      predictions[3].item_id = lease.items[3].id;
      predictions[3].error = "out of memory";
      EXPECT_EQ(*coordinator_.leases.Commit(lease.key, predictions), CommitOutcome::kAccepted);
    }
    return job;
  }

  std::string Sums() {
    return Query(
        "SELECT json_agg(json_build_array(group_name, items, correct, errors, unanswered, "
        "unparsable, values_sum::text, squares_sum::text, clusters, n_n::text, n_correct::text, "
        "correct_correct::text) ORDER BY group_name) FROM run_groups");
  }
  std::string Scores() {
    return Query(
        "SELECT json_agg(json_build_array(item_ordinal, grader, grader_version, verdict) "
        "ORDER BY item_ordinal, grader) FROM scores");
  }

  RescoreStore runs_;
  RunScoreStore scores_;
  Rescorer rescorer_;
};

TEST_F(RescorerTest, TellsUnansweredItemsApart) {
  Complete();
  EXPECT_EQ(Query("SELECT string_agg(DISTINCT unanswered || ' ' || correct || ' ' || errors, ',') "
                  "FROM run_groups"),
            "1 4 1");
}

TEST_F(RescorerTest, TheSameGraderGivesTheSameSumsAndScores) {
  const int64_t job = Complete();
  const std::string sums = Sums(), scores = Scores();
  for (int i = 0; i < 2; ++i) {
    const std::vector<RescoredRun> runs = rescorer_.RescoreJob(job, "").value();
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0].rescoring.predictions, 14);
    EXPECT_EQ(runs[0].rescoring.changed, 0);
    EXPECT_EQ(Sums(), sums);
    EXPECT_EQ(Scores(), scores);
  }
  EXPECT_NE(Run(job).rescored, absl::InfinitePast());
}

TEST_F(RescorerTest, AnOlderVersionsScoresAreReplaced) {
  const int64_t job = Complete();
  const std::string sums = Sums(), scores = Scores();
  Query(
      "UPDATE scores SET grader_version = 1, verdict = CASE verdict WHEN 'unanswered' THEN "
      "'wrong' ELSE verdict END RETURNING 1");
  Query("UPDATE runs SET grader_version = 1 RETURNING 1");
  Query("UPDATE run_groups SET unanswered = 0 RETURNING 1");
  const RescoredRun run = rescorer_.RescoreRun(Run(job).spec.run_id, "").value();
  EXPECT_EQ(run.rescoring.previous.version, 1);
  EXPECT_EQ(run.grader.version, (*FindGrader("starts_with"))->version());
  EXPECT_EQ(run.rescoring.changed, 2);
  EXPECT_EQ(Sums(), sums);
  EXPECT_EQ(Scores(), scores);
}

TEST_F(RescorerTest, AnotherGraderBecomesCurrentAndTheOldScoresStay) {
  const int64_t job = Complete();
  const int64_t run_id = Run(job).spec.run_id;
  const std::string sums = Sums(), scores = Scores();
  const RescoredRun run = rescorer_.RescoreRun(run_id, "exact_match").value();
  EXPECT_EQ(run.rescoring.previous.name, "starts_with");
  EXPECT_EQ(Run(job).grader, "exact_match");
  EXPECT_EQ(scores_.Get(run_id)->grader, "exact_match");
  EXPECT_EQ(scores_.Get(run_id)->scores.size(), 14u);
  EXPECT_EQ(Query("SELECT count(*) FROM scores WHERE grader = 'starts_with'"), "14");
  const PredictionPage page =
      coordinator_.predictions.List({.run_id = run_id, .other_scores = true}, {}, 100, 1 << 20)
          .value();
  ASSERT_EQ(page.predictions.size(), 14u);
  for (const StoredPrediction& stored : page.predictions) {
    EXPECT_EQ(stored.score.grader, "exact_match");
    ASSERT_EQ(stored.other_scores.size(), 1u);
    EXPECT_EQ(stored.other_scores[0].grader, "starts_with");
  }
  ASSERT_TRUE(rescorer_.RescoreRun(run_id, "").ok());
  EXPECT_EQ(Run(job).grader, "starts_with");
  EXPECT_EQ(Sums(), sums);
}

TEST_F(RescorerTest, AGraderThatDoesNotFitChangesNothing) {
  const int64_t job = Complete();
  const std::string sums = Sums(), scores = Scores();
  for (const char* grader : {"max_loglikelihood", "drop_f1", "hhh", "human_eval"}) {
    const absl::Status status = rescorer_.RescoreJob(job, grader).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << grader;
    EXPECT_THAT(status.message(), HasSubstr("cannot grade what run"));
  }
  EXPECT_EQ(rescorer_.RescoreJob(job, "best").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Sums(), sums);
  EXPECT_EQ(Scores(), scores);
  EXPECT_EQ(Run(job).grader, "starts_with");
  EXPECT_EQ(Run(job).rescored, absl::InfinitePast());
}

TEST_F(RescorerTest, AnErrorInTheMiddleLeavesTheOldState) {
  const int64_t job = Complete();
  const std::string sums = Sums(), scores = Scores();
  const absl::Status status =
      runs_
          .Rescore(
              Run(job).spec.run_id, {"starts_with", 9},
              [](absl::Span<const StoredOutput> outputs) -> absl::StatusOr<std::vector<Score>> {
                std::vector<Score> graded(outputs.size());
                for (Score& score : graded) score.grader = "starts_with";
                graded.back().partial = 7;  // what the database refuses
                return graded;
              })
          .status();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Sums(), sums);
  EXPECT_EQ(Scores(), scores);
}

TEST_F(RescorerTest, RunsThatHaveNotEndedAreRefused) {
  const int64_t job = Submit(7);
  const absl::Status status = rescorer_.RescoreJob(job, "").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("is pending"));
  EXPECT_EQ(rescorer_.RescoreRun(Run(job).spec.run_id, "").status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(rescorer_.RescoreJob(999, "").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(rescorer_.RescoreRun(999, "").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RescorerTest, WhatACancelledRunHasCanBeGraded) {
  const int64_t job = Submit(7);
  const Lease lease = GrantOne();
  ASSERT_EQ(*coordinator_.leases.Commit(lease.key, RightAnswers(lease)), CommitOutcome::kAccepted);
  ASSERT_TRUE(coordinator_.jobs.Cancel(job).ok());
  EXPECT_EQ(rescorer_.RescoreJob(job, "")->at(0).rescoring.predictions, 7);
}

}  // namespace
}  // namespace assay
