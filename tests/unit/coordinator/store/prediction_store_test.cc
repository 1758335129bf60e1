#include "coordinator/store/prediction_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

class PredictionStoreTest : public CoordinatorTest {
 protected:
  // Commits everything, item i of a shard with a wrong answer where `wrong` says so.
  int64_t RunJob(int64_t shard_items, bool wrong = false) {
    const int64_t job = Submit(shard_items);
    while (true) {
      const std::vector<Lease> leases = *coordinator_.leases.Grant(SampleWorker(), 10, {});
      if (leases.empty()) return job;
      for (const Lease& lease : leases) {
        std::vector<Prediction> predictions = RightAnswers(lease);
        if (wrong) predictions[0].output = "something else";
        EXPECT_EQ(*coordinator_.leases.Commit(lease.key, predictions), CommitOutcome::kAccepted);
      }
    }
  }

  PredictionPage List(const PredictionFilter& filter, const PredictionPosition& after = {},
                      int limit = 100, size_t bytes = 1 << 20) {
    return *coordinator_.predictions.List(filter, after, limit, bytes);
  }
};

TEST_F(PredictionStoreTest, APredictionComesBackBitByBit) {
  const int64_t job = Submit(14);
  const Lease lease = GrantOne();
  std::vector<Prediction> predictions = RightAnswers(lease);
  Prediction& sent = predictions[0];
  sent.output = std::string("a\0b\xFF\\\t\n", 7);
  sent.prompt = std::string("\0p", 2);
  sent.over_max_input = true;
  sent.finish_reason = FinishReason::kContext;
  ASSERT_EQ(*coordinator_.leases.Commit(lease.key, predictions), CommitOutcome::kAccepted);
  const StoredPrediction stored = List({.job_id = job}).predictions.at(0);
  const Prediction& read = stored.prediction;
  EXPECT_EQ(read.item_id, sent.item_id);
  EXPECT_EQ(read.output, sent.output);
  EXPECT_EQ(read.prompt, sent.prompt);
  EXPECT_EQ(read.prompt_sha256, sent.prompt_sha256);
  EXPECT_EQ(read.prompt_tokens, 10);
  EXPECT_EQ(read.cached_tokens, 4);
  EXPECT_EQ(read.shots_used, 3);
  EXPECT_TRUE(read.over_max_input);
  EXPECT_FALSE(read.truncated);
  EXPECT_EQ(read.output_token_ids, sent.output_token_ids);
  EXPECT_EQ(read.finish_reason, FinishReason::kContext);
  EXPECT_EQ(stored.score.verdict, Verdict::kWrong);
  EXPECT_EQ(stored.target, lease.items[0].target);
  EXPECT_EQ(stored.group, lease.items[0].group);
}

TEST_F(PredictionStoreTest, PagesHoldEveryPredictionOnceInOrder) {
  const int64_t job = RunJob(4);
  std::vector<std::string> ids;
  PredictionPosition after;
  while (true) {
    const PredictionPage page = List({.job_id = job}, after, 5);
    for (const StoredPrediction& stored : page.predictions)
      ids.push_back(stored.prediction.item_id);
    if (!page.more) break;
    ASSERT_EQ(page.predictions.size(), 5u);
    after = page.predictions.back().position;
  }
  std::vector<std::string> expected;
  for (const StoredPrediction& stored : List({.job_id = job}).predictions) {
    expected.push_back(stored.prediction.item_id);
  }
  EXPECT_EQ(ids.size(), 14u);
  EXPECT_EQ(ids, expected);
}

TEST_F(PredictionStoreTest, APageEndsAtItsLimitOfBytes) {
  const int64_t job = RunJob(14);
  const PredictionPage page = List({.job_id = job}, {}, 100, 1);
  EXPECT_EQ(page.predictions.size(), 1u);
  EXPECT_TRUE(page.more);
}

TEST_F(PredictionStoreTest, FiltersWrongOnesAndItems) {
  const int64_t job = RunJob(7, /*wrong=*/true);
  const PredictionPage wrong = List({.job_id = job, .only_wrong = true});
  ASSERT_EQ(wrong.predictions.size(), 2u);
  const std::string id = wrong.predictions[1].prediction.item_id;
  const PredictionPage one = List({.job_id = job, .item_id = id});
  ASSERT_EQ(one.predictions.size(), 1u);
  EXPECT_EQ(one.predictions[0].prediction.item_id, id);
  EXPECT_TRUE(List({.job_id = job, .model = "other"}).predictions.empty());
  EXPECT_TRUE(absl::IsNotFound(coordinator_.predictions.List({.job_id = 99}, {}, 1, 1).status()));
}

}  // namespace
}  // namespace assay
