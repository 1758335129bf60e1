#include "coordinator/store/prediction_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "common/catalog/built_in.h"
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

// Imports the sample data of a benchmark, runs it with these outputs, one item a shard, and commits
// the last shard first where told so.
class SampleRunTest : public PredictionStoreTest {
 protected:
  int64_t RunSample(const std::string& benchmark, const std::string& protocol, int64_t limit,
                    const std::function<Prediction(const Item&)>& predict, bool backwards) {
    const Benchmark& found = **FindBenchmark(benchmark);
    const auto files = CollectFiles(found, "deploy/sample_data/" + benchmark);
    const std::vector<Item> items = *found.Parse(*files);
    DatasetInfo info{
        benchmark, benchmark, DatasetDigest(*files), static_cast<int64_t>(items.size()), 0, 1};
    EXPECT_TRUE(coordinator_.datasets.Import(info, items).ok());
    RunSettings settings;
    settings.protocol = protocol;
    settings.limit = limit;
    const auto planned = coordinator_.planner.Plan({{"tiny"}, {benchmark}, settings, 1});
    EXPECT_TRUE(planned.ok()) << planned.status();
    const int64_t job = *coordinator_.jobs.Submit(std::vector<NewRun>{planned->at(0).run});
    std::vector<Lease> leases = *coordinator_.leases.Grant(SampleWorker(), 100, {});
    if (backwards) std::reverse(leases.begin(), leases.end());
    for (const Lease& lease : leases) {
      EXPECT_EQ(*coordinator_.leases.Commit(lease.key, {predict(lease.items[0])}),
                CommitOutcome::kAccepted);
    }
    return job;
  }
};

TEST_F(SampleRunTest, PartialScoresAreStoredAndSummedExactly) {
  // "Ann" has F1 0.67 against "Ann Wells" and so on; most answers have nothing of it.
  const auto predict = [](const Item& item) {
    Prediction prediction;
    prediction.item_id = item.id;
    prediction.prompt_sha256 = std::string(64, '0');
    prediction.output = "Ann and the Elm";
    return prediction;
  };
  const int64_t forwards = RunSample("drop", "drop-f1", 0, predict, false);
  const int64_t backwards = RunSample("drop", "drop-f1", 0, predict, true);
  double sum = 0;
  int partial = 0;
  for (const StoredPrediction& stored : List({.job_id = forwards}).predictions) {
    ASSERT_TRUE(stored.score.partial.has_value());
    sum += *stored.score.partial;
    partial += *stored.score.partial > 0 && *stored.score.partial < 1;
  }
  EXPECT_GT(partial, 1);
  const GroupCount first = coordinator_.jobs.Results(forwards)->at(0).groups.at(0);
  const GroupCount second = coordinator_.jobs.Results(backwards)->at(0).groups.at(0);
  EXPECT_NEAR(first.values, sum, 1e-12);
  EXPECT_GT(first.squared_values, 0);
  EXPECT_LT(first.squared_values, first.values);
  // To the bit, whatever the order of commits.
  EXPECT_EQ(first.values, second.values);
  EXPECT_EQ(first.squared_values, second.squared_values);
}

TEST_F(SampleRunTest, AProgramsOutcomeComesBack) {
  const auto predict = [](const Item& item) {
    Prediction prediction;
    prediction.item_id = item.id;
    prediction.prompt_sha256 = std::string(64, '0');
    prediction.output = "    return 1";
    prediction.program_outcome =
        item.id == "human_eval/Sample/0" ? kProgramPassed : "failed: AssertionError";
    return prediction;
  };
  const int64_t job = RunSample("human_eval", "", 2, predict, false);
  const auto predictions = List({.job_id = job}).predictions;
  ASSERT_EQ(predictions.size(), 2u);
  EXPECT_EQ(predictions[0].prediction.program_outcome, kProgramPassed);
  EXPECT_EQ(predictions[0].score.verdict, Verdict::kCorrect);
  EXPECT_FALSE(predictions[0].score.partial.has_value());
  EXPECT_EQ(predictions[1].prediction.program_outcome, "failed: AssertionError");
  EXPECT_EQ(predictions[1].score.verdict, Verdict::kWrong);
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
