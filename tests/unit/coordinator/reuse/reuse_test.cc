#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/reuse/reuse_finder.h"
#include "coordinator/reuse/reuse_key.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(ReuseKeyTest, WhateverMayChangeAPredictionChangesIt) {
  RunSpec run;
  run.benchmark = "bbh";
  run.settings.protocol = "instructeval";
  run.settings.sampling.temperature = 0;
  const ModelSpec model = SampleModel();
  const std::string key = ReuseKey(run, model);
  EXPECT_THAT(key, SizeIs(64));
  std::set<std::string> keys = {key};
  const auto changed = [&](auto change) {
    RunSpec other_run = run;
    ModelSpec other_model = model;
    change(other_run, other_model);
    return ReuseKey(other_run, other_model);
  };
  keys.insert(changed([](RunSpec&, ModelSpec& m) { m.weights_sha256[0] ^= 1; }));
  keys.insert(changed([](RunSpec&, ModelSpec& m) { m.tokenizer_sha256[0] ^= 1; }));
  keys.insert(changed([](RunSpec& r, ModelSpec&) { r.settings.precision = Precision::kFloat32; }));
  keys.insert(changed([](RunSpec& r, ModelSpec&) { r.settings.shots = 2; }));
  keys.insert(changed([](RunSpec& r, ModelSpec&) { r.settings.bos = BosHandling::kNever; }));
  keys.insert(changed([](RunSpec& r, ModelSpec&) { r.settings.system_prompt = "s"; }));
  keys.insert(changed([](RunSpec& r, ModelSpec&) { r.settings.sampling.temperature = 0.5; }));
  keys.insert(changed([](RunSpec& r, ModelSpec&) {
    r.settings.sampling.temperature = 0.5;
    r.settings.sampling.seed = 1;
  }));
  EXPECT_THAT(keys, SizeIs(9));
  // What does not.
  EXPECT_EQ(changed([](RunSpec& r, ModelSpec&) { r.settings.limit = 3; }), key);
  EXPECT_EQ(changed([](RunSpec& r, ModelSpec&) { r.settings.sampling.seed = 5; }), key);
  EXPECT_EQ(changed([](RunSpec& r, ModelSpec& m) { r.model_name = m.name = "other"; }), key);
  // An endpoint's model may be another one by now.
  EXPECT_EQ(changed([](RunSpec&, ModelSpec& m) { m.remote.emplace(); }), "");
}

std::vector<const Item*> Borrowed(const std::vector<Item>& items) {
  std::vector<const Item*> borrowed;
  for (const Item& item : items) borrowed.push_back(&item);
  return borrowed;
}

class ReuseFinderTest : public CoordinatorTest {
 protected:
  // A completed job by workers of `kernels`, whose predictions have digests.
  int64_t Finished(const std::string& kernels = "avx2") {
    const int64_t job = Submit(7);
    const std::vector<Lease> leases =
        *coordinator_.leases.Grant(SampleWorker("worker-1", kernels), 2, {});
    for (const Lease& lease : leases) {
      std::vector<Prediction> answers = RightAnswers(lease);
      for (Prediction& answer : answers) {
        answer.request_digest = std::string(31, 'a') + (answer.item_id.size() % 2 == 0 ? "0" : "1");
      }
      EXPECT_EQ(*coordinator_.leases.Commit(lease.key, answers), CommitOutcome::kAccepted);
    }
    return job;
  }
  Lease Started(int64_t job, const std::string& kernels = "avx2") {
    const std::vector<Lease> leases =
        *coordinator_.leases.Grant(SampleWorker("worker-1", kernels), 1, {});
    EXPECT_THAT(leases, SizeIs(1));
    EXPECT_EQ(leases.at(0).run.job_id, job);
    return leases.at(0);
  }
  std::vector<Prediction> Find(const Lease& lease) {
    ReuseFinder finder(&store_, Clock::Real());
    return finder.Find(lease.run, Borrowed(lease.items));
  }

  ReuseStore store_{&coordinator_.database};
};

TEST_F(ReuseFinderTest, ALeaseBringsWhatAnEarlierRunComputed) {
  const int64_t first = Finished();
  const Lease lease = Started(Submit(7));
  const std::vector<Prediction> found = Find(lease);
  ASSERT_THAT(found, SizeIs(lease.items.size()));
  EXPECT_EQ(found[0].reused_run, Run(first).spec.run_id);
  EXPECT_EQ(found[0].request_digest.substr(0, 31), std::string(31, 'a'));
  EXPECT_EQ(found[0].prompt, "");
  const Prediction right = RightAnswer(lease.items[0]);
  for (const Prediction& prediction : found) {
    if (prediction.item_id != right.item_id) continue;
    EXPECT_EQ(prediction.output, right.output);
    EXPECT_EQ(prediction.output_token_ids, right.output_token_ids);
    EXPECT_EQ(prediction.prompt_sha256, right.prompt_sha256);
  }
}

TEST_F(ReuseFinderTest, WhatWasTakenIsCountedAndNamesItsOrigin) {
  const int64_t first = Finished();
  const int64_t second = Submit(7);
  const Lease lease = Started(second);
  std::vector<Prediction> answers = RightAnswers(lease);
  answers[0].request_digest = std::string(32, 'b');
  answers[0].reused_run = Run(first).spec.run_id;
  ASSERT_EQ(*coordinator_.leases.Commit(lease.key, answers), CommitOutcome::kAccepted);
  const RunProgress run = Run(second);
  EXPECT_EQ(run.items_reused, 1);
  EXPECT_EQ(run.reused_tokens, 10 - 4 + 2);
  EXPECT_EQ(Query("SELECT count(*) FROM predictions WHERE reused_run IS NOT NULL"), "1");
  // Whoever takes it from there is told where it was computed.
  const Lease third = Started(second);
  ASSERT_EQ(*coordinator_.leases.Commit(third.key, RightAnswers(third)), CommitOutcome::kAccepted);
  const Lease other = Started(Submit(7));
  for (const Prediction& prediction : Find(other)) {
    EXPECT_EQ(prediction.reused_run, Run(first).spec.run_id);
  }
}

TEST_F(ReuseFinderTest, NothingComesFromOtherEnginesModelsAndSettings) {
  Finished();
  // Another engine.
  EXPECT_THAT(Find(Started(Submit(14), "amx")), IsEmpty());
  RunSettings other;
  other.precision = Precision::kFloat32;
  EXPECT_THAT(Find(Started(Submit(14, other))), IsEmpty());
  // A run that takes nothing.
  const int64_t job = Submit(14);
  Query("UPDATE runs SET reuse = false RETURNING 1");
  EXPECT_THAT(Find(Started(job)), IsEmpty());
}

TEST_F(ReuseFinderTest, ErrorsAndWhatHasNoDigestAreComputedAnew) {
  Finished();
  Query("UPDATE predictions SET error = 'gone' WHERE item_ordinal < 10 RETURNING 1");
  Query("UPDATE predictions SET request_digest = NULL WHERE item_ordinal >= 10 RETURNING 1");
  EXPECT_THAT(Find(Started(Submit(7))), IsEmpty());
}

TEST_F(ReuseFinderTest, WithoutADatabaseAllIsComputed) {
  Finished();
  const Lease lease = Started(Submit(7));
  Database away("postgresql://127.0.0.1:1/none", 1);
  ReuseStore store(&away);
  ReuseFinder finder(&store, Clock::Real());
  EXPECT_THAT(finder.Find(lease.run, Borrowed(lease.items)), IsEmpty());
}

}  // namespace
}  // namespace assay
