#include "coordinator/store/rating_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

// Two raters, each with the same three answers of a run, and one who has one of them only.
class RatingStoreTest : public CoordinatorTest {
 protected:
  RatingStoreTest() : store_(&coordinator_.database) {
    Query(
        "INSERT INTO datasets (benchmark, sha256, items, examples, groups) VALUES "
        "('impact', 'c', 3, 0, 1); "
        "INSERT INTO items (dataset_id, ordinal, item_id, group_name, split, body) "
        "SELECT (SELECT dataset_id FROM datasets WHERE sha256 = 'c'), n, 'i/' || n, 'g', 'test', "
        "  '{\"fields\":{},\"choices\":[],\"target\":\"\"}' FROM generate_series(0, 2) n; "
        "INSERT INTO jobs (state) VALUES ('completed'); "
        "INSERT INTO runs (job_id, model_name, dataset_id, dataset_name, protocol, "
        "  protocol_version, shots, precision_name, item_limit, manifest, estimated_tokens, items, "
        "  grader, grader_version, samples) "
        "SELECT 1, 'tiny', (SELECT dataset_id FROM datasets WHERE sha256 = 'c'), 'impact', "
        "  'instructeval', 1, 0, 'float32', 0, '{}', 0, 3, 'none', 1, 1 RETURNING run_id");
  }

  static NewRatingTask Task(const std::string& rater, int64_t ordinal) {
    const std::string key = absl::StrCat(rater, ordinal);
    return {.key = key, .answers = {{.run_id = 1, .ordinal = ordinal, .key = key}}};
  }
  void Begin(absl::Duration away_after) {
    const NewCampaign campaign = {
        .name = "letters",
        .criteria = {"relevance"},
        .runs = {1},
        .raters = {{"anna", "anna", {Task("anna", 0), Task("anna", 1), Task("anna", 2)}},
                   {"ben", "ben", {Task("ben", 0)}}},
        .away_after = away_after};
    const absl::StatusOr<int64_t> id = store_.Create(campaign);
    ASSERT_TRUE(id.ok()) << id.status();
    campaign_ = *id;
  }
  OpenTask Next(const std::string& rater) {
    const absl::StatusOr<OpenTask> task = store_.Next(rater);
    EXPECT_TRUE(task.ok()) << task.status();
    return task.value_or(OpenTask());
  }
  absl::Status Rate(const std::string& rater, const OpenTask& task) {
    return store_.Submit(
        rater, task.key,
        {{.answer = task.answers.front().key, .criterion = "relevance", .rating = 4}}, 1);
  }
  void Leave(const std::string& rater) {
    Query("UPDATE raters SET last_seen = now() - interval '1 hour' WHERE name = '" + rater +
          "' RETURNING 1");
  }

  RatingStore store_;
  int64_t campaign_ = 0;
};

TEST_F(RatingStoreTest, WhoIsAwayHandsOpenTasksToWhoIsDone) {
  Begin(absl::Minutes(30));
  const OpenTask left = Next("anna");
  EXPECT_EQ(left.key, "anna0");
  ASSERT_TRUE(Rate("ben", Next("ben")).ok());
  // Anna is at work.
  EXPECT_EQ(Next("ben").key, "");
  Leave("anna");
  EXPECT_TRUE(store_.Get(campaign_)->raters[0].away);
  // Not what Ben has rated himself; the last of her list first.
  OpenTask taken = Next("ben");
  EXPECT_EQ(taken.key, "anna2");
  EXPECT_EQ(taken.total, 2);
  EXPECT_TRUE(taken.given.empty());
  EXPECT_EQ(Next("ben").key, "anna2");
  ASSERT_TRUE(Rate("ben", taken).ok());

  // She comes back: what is hers still is.
  ASSERT_TRUE(Rate("anna", left).ok());
  EXPECT_FALSE(store_.Get(campaign_)->raters[0].away);
  EXPECT_EQ(Next("ben").key, "");
  const OpenTask second = Next("anna");
  EXPECT_EQ(second.key, "anna1");
  EXPECT_EQ(second.total, 2);
  // Away again, with the task open on her screen.
  Leave("anna");
  taken = Next("ben");
  EXPECT_EQ(taken.key, "anna1");
  EXPECT_TRUE(absl::IsNotFound(Rate("anna", second)));
  ASSERT_TRUE(Rate("ben", taken).ok());
  EXPECT_EQ(Next("anna").key, "");
  const StoredCampaign campaign = *store_.Get(campaign_);
  EXPECT_EQ(campaign.away_after, absl::Minutes(30));
  EXPECT_EQ(campaign.ratings_done, campaign.ratings_wanted);
  EXPECT_EQ(campaign.raters[0].tasks, 1);
  EXPECT_EQ(campaign.raters[1].tasks, 3);
}

TEST_F(RatingStoreTest, RatingsThatWereTakenBackDoNotGoWithTheTask) {
  Begin(absl::Minutes(30));
  ASSERT_TRUE(Rate("ben", Next("ben")).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Rate("anna", Next("anna")).ok());
  ASSERT_TRUE(store_.Undo("anna").ok());
  EXPECT_EQ(Next("anna").given.size(), 1u);
  Leave("anna");
  EXPECT_EQ(Next("ben").key, "anna2");
  EXPECT_TRUE(Next("ben").given.empty());
}

TEST_F(RatingStoreTest, WithoutALimitTasksStay) {
  Begin(absl::ZeroDuration());
  ASSERT_TRUE(Rate("ben", Next("ben")).ok());
  Leave("anna");
  EXPECT_EQ(Next("ben").key, "");
  EXPECT_FALSE(store_.Get(campaign_)->raters[0].away);
  EXPECT_EQ(store_.Get(campaign_)->away_after, absl::ZeroDuration());
}

}  // namespace
}  // namespace assay
