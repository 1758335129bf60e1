#include "coordinator/planner/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/domain/worker_kind.h"
#include "common/remote/remote_model.h"
#include "coordinator/planner/manifest.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class PlannerTest : public CoordinatorTest {
 protected:
  absl::StatusOr<std::vector<PlannedRun>> Plan(const JobRequest& request) {
    return coordinator_.planner.Plan(request);
  }
  PlannedRun PlanOne(const RunSettings& settings, int64_t shard_items = 0) {
    return Plan({{"tiny"}, {"bbh"}, settings, shard_items}).value().at(0);
  }
};

TEST_F(PlannerTest, ResolvesSettingsAndCutsShards) {
  const PlannedRun planned = PlanOne({}, 6);
  const RunSettings& settings = planned.run.spec.settings;
  EXPECT_EQ(settings.protocol, "instructeval");
  EXPECT_EQ(settings.protocol_version, 1);
  EXPECT_EQ(settings.shots, 3);
  EXPECT_EQ(planned.items, 14);
  ASSERT_EQ(planned.run.shards.size(), 3u);
  EXPECT_THAT(planned.run.shards[0], ElementsAre(3, 4, 5, 6, 7, 8));
  EXPECT_THAT(planned.run.shards[2], ElementsAre(18, 19));
}

TEST_F(PlannerTest, LimitIsOfEachGroup) {
  RunSettings settings;
  settings.limit = 2;
  const PlannedRun planned = PlanOne(settings, 100);
  EXPECT_EQ(planned.items, 4);
  EXPECT_THAT(planned.run.shards[0], ElementsAre(3, 4, 13, 14));
}

TEST_F(PlannerTest, CountsSharedExamplesOnce) {
  const PlannedRun planned = PlanOne({});
  EXPECT_THAT(planned.first_prompt, HasSubstr("navigate question 0\nAnswer: answer 0"));
  EXPECT_THAT(planned.first_prompt, HasSubstr("navigate question 3\nAnswer:"));
  EXPECT_EQ(planned.first_item_id, SampleItems()[3].id);
  EXPECT_GT(planned.cost.prompt_tokens, 2 * planned.cost.computed_tokens);
  EXPECT_EQ(planned.cost.generated_tokens, 14 * 32);
}

TEST_F(PlannerTest, SecondsAreKnownWhenThereIsAWorkerAndMeasuredAfterARun) {
  EXPECT_EQ(PlanOne({}).seconds, 0);
  ASSERT_TRUE(coordinator_.workers.Seen(SampleWorker()).ok());
  const PlannedRun guessed = PlanOne({});
  EXPECT_DOUBLE_EQ(guessed.seconds, static_cast<double>(guessed.cost.work()) / 25000);
  Submit(14);
  const Lease lease = GrantOne();
  ASSERT_TRUE(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).ok());
  // 14 items of 10 prompt tokens, 4 of them cached, and 2 generated ones in 2 seconds.
  WorkStore work(&coordinator_.database);
  ASSERT_TRUE(
      work.Add({{lease.key.shard_id, WorkerKindOf(SampleWorker()), 1, {2, 84, 28, 3}}}).ok());
  Planner planner(&coordinator_.datasets, &coordinator_.models, &coordinator_.jobs,
                  &coordinator_.workers, &coordinator_.catalog, &coordinator_.cache,
                  &coordinator_.answers, &work);
  const auto runs = planner.Plan({{"tiny"}, {"bbh"}, {}, 0});
  ASSERT_TRUE(runs.ok()) << runs.status();
  const PlannedRun& measured = runs->front();
  EXPECT_EQ(measured.basis, EstimateBasis::kMeasured);
  EXPECT_EQ(measured.expected.computed_tokens, 84);
  EXPECT_EQ(measured.expected.generated_tokens, 28);
  EXPECT_NEAR(measured.seconds, 2, 1e-9);
  EXPECT_EQ(measured.run.estimated_device_seconds, measured.device_seconds);
  // With its load.
  const auto time = planner.Estimate(*runs, {});
  ASSERT_TRUE(time.ok()) << time.status();
  EXPECT_NEAR(time->seconds, 5, 1e-9);
  // For workers that are not there.
  const auto more = planner.Estimate(*runs, {{{"", 2}}, {}, 0});
  EXPECT_NEAR(more->seconds, 3 + 1, 1e-9);
}

TEST_F(PlannerTest, ErrorsSayWhatThereIs) {
  EXPECT_THAT(Plan({{"nope"}, {"bbh"}, {}, 0}).status().message(), HasSubstr("there are: tiny"));
  EXPECT_THAT(Plan({{"tiny"}, {"mmlu"}, {}, 0}).status().message(),
              HasSubstr("assay dataset import mmlu DIR"));
  EXPECT_THAT(Plan({{"tiny"}, {"nope"}, {}, 0}).status().message(),
              HasSubstr("imported data sets: bbh"));
  RunSettings settings;
  settings.protocol = "nope";
  EXPECT_TRUE(absl::IsNotFound(Plan({{"tiny"}, {"bbh"}, settings, 0}).status()));
}

TEST_F(PlannerTest, RefusesRequestsThatMakeNoSense) {
  EXPECT_TRUE(absl::IsInvalidArgument(Plan({{}, {"bbh"}, {}, 0}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Plan({{"tiny"}, {}, {}, 0}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Plan({{"tiny", "tiny"}, {"bbh"}, {}, 0}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Plan({{"tiny"}, {"bbh"}, {}, -1}).status()));
  RunSettings settings;
  settings.shots = 11;  // more than there are examples
  EXPECT_TRUE(absl::IsInvalidArgument(Plan({{"tiny"}, {"bbh"}, settings, 0}).status()));
}

TEST_F(PlannerTest, SamplesAndTemplatesCount) {
  const PlannedRun plain = PlanOne({});
  RunSettings settings;
  settings.prompt_template = PromptTemplate::kAlpaca;
  settings.sampling = {.temperature = 0.5, .seed = 9, .samples = 300};
  const PlannedRun planned = PlanOne(settings);
  EXPECT_EQ(planned.items, 14);
  EXPECT_EQ(planned.cost.generated_tokens, 300 * 14 * 32);
  EXPECT_GT(planned.cost.prompt_tokens, 300 * plain.cost.prompt_tokens);
  EXPECT_THAT(planned.first_prompt, HasSubstr("### Instruction:\nnavigate question 0"));
  EXPECT_THAT(planned.first_prompt, HasSubstr("navigate question 3\nAnswer:\n\n### Response:"));
  // A shard's predictions travel in one message.
  for (const auto& shard : planned.run.shards) EXPECT_LE(shard.size(), 3u);
  EXPECT_THAT(Plan({{"tiny"}, {"bbh"}, settings, 34}).status().message(),
              HasSubstr("between 0 and 33"));
  const auto manifest = nlohmann::json::parse(planned.run.manifest_json);
  EXPECT_EQ(manifest["settings"]["prompt_template"], "alpaca");
  EXPECT_EQ(manifest["settings"]["sampling"]["temperature"], 0.5);
  EXPECT_EQ(manifest["settings"]["sampling"]["seed"], 9);
  EXPECT_EQ(manifest["settings"]["sampling"]["samples"], 300);
  settings.prompt_template = PromptTemplate::kChat;
  settings.system_prompt = "Be brief.";
  EXPECT_THAT(PlanOne(settings).first_prompt,
              HasSubstr("[system]\nBe brief.\n[user]\nnavigate question 0"));
  settings.sampling.temperature.reset();
  EXPECT_THAT(Plan({{"tiny"}, {"bbh"}, settings, 0}).status().message(),
              HasSubstr("bbh: greedy decoding has one answer"));
}

class RemotePlannerTest : public PlannerTest {
 protected:
  void Add(RemoteApi api) {
    RemoteEndpoint endpoint;
    endpoint.model = "gpt-x";
    endpoint.api = api;
    endpoint.input_price = 2;
    endpoint.output_price = 8;
    const ModelSpec model = *MakeRemoteModel("gpt", "https://host/v1", endpoint, 0, 2);
    EXPECT_TRUE(coordinator_.models.Add(model).ok());
  }
  absl::StatusOr<PlannedRun> PlanRemote(const RunSettings& settings = {}) {
    absl::StatusOr<std::vector<PlannedRun>> runs = Plan({{"gpt"}, {"bbh"}, settings, 0});
    if (!runs.ok()) return runs.status();
    return runs->at(0);
  }
};

TEST_F(RemotePlannerTest, NothingIsSharedAndThePriceIsKnown) {
  Add(RemoteApi::kChat);
  const PlannedRun planned = *PlanRemote();
  EXPECT_EQ(planned.cost.computed_tokens, planned.cost.prompt_tokens);
  EXPECT_GE(planned.cost.prompt_tokens, 2 * PlanOne({}).cost.prompt_tokens - 1);  // rounded
  ASSERT_TRUE(planned.price.has_value());
  EXPECT_DOUBLE_EQ(*planned.price, (2.0 * static_cast<double>(planned.cost.prompt_tokens) +
                                    8.0 * static_cast<double>(planned.cost.generated_tokens)) /
                                       1e6);
  EXPECT_FALSE(PlanOne({}).price.has_value());
  EXPECT_EQ(planned.seconds, 0);
}

TEST_F(RemotePlannerTest, RecordsTheEndpointAndItsTemplate) {
  Add(RemoteApi::kChat);
  const PlannedRun planned = *PlanRemote();
  EXPECT_EQ(planned.run.spec.settings.prompt_template, PromptTemplate::kChat);
  const auto manifest = nlohmann::json::parse(planned.run.manifest_json);
  EXPECT_EQ(manifest["model"]["path"], "https://host/v1");
  EXPECT_EQ(manifest["model"]["remote"]["model"], "gpt-x");
  EXPECT_EQ(manifest["settings"]["precision"], nullptr);
  EXPECT_EQ(manifest["engine_version"], "openai/1");
  EXPECT_EQ(manifest["bit_reproducible"], false);
  RunProgress run;
  run.prompt_tokens = 1'000'000;
  run.generated_tokens = 500'000;
  EXPECT_DOUBLE_EQ(*CostOfRun(planned.run.manifest_json, run), 6);
  EXPECT_EQ(CostOfRun(PlanOne({}).run.manifest_json, run), std::nullopt);
}

TEST_F(RemotePlannerTest, RefusesWhatAnEndpointCannotDo) {
  Add(RemoteApi::kCompletions);
  EXPECT_EQ(PlanRemote()->run.spec.settings.prompt_template, PromptTemplate::kNone);
  RunSettings settings;
  settings.prompt_template = PromptTemplate::kChat;
  EXPECT_THAT(PlanRemote(settings).status().message(), HasSubstr("applies no chat template"));
  settings = {};
  settings.bos = BosHandling::kNever;
  EXPECT_THAT(PlanRemote(settings).status().message(), HasSubstr("sees to the BOS itself"));
}

TEST_F(PlannerTest, TheManifestTellsAllThatIsNeeded) {
  const int64_t job = Submit(14);
  const StoredResult result = coordinator_.jobs.Results(job)->at(0);
  const auto manifest = nlohmann::json::parse(
      CompleteManifest(result.manifest_json, result.run, absl::FromUnixSeconds(0)));
  EXPECT_EQ(manifest["model"]["weights_sha256"], SampleModel().weights_sha256);
  EXPECT_EQ(manifest["dataset"]["sha256"], SampleInfo().sha256);
  EXPECT_EQ(manifest["protocol"]["version"], 1);
  EXPECT_EQ(manifest["protocol"]["grader"], "starts_with");
  EXPECT_EQ(manifest["settings"]["shots"], 3);
  EXPECT_EQ(manifest["settings"]["precision"], "bfloat16");
  EXPECT_EQ(manifest["submitted"], "1970-01-01T00:00:00.000Z");
  EXPECT_FALSE(manifest.contains("finished"));
  EXPECT_FALSE(manifest.contains("engine"));
}

TEST_F(PlannerTest, TheManifestOfAStartedRunNamesItsEngine) {
  const int64_t job = Submit(14);
  GrantOne();
  const StoredResult result = coordinator_.jobs.Results(job)->at(0);
  const auto manifest = nlohmann::json::parse(
      CompleteManifest(result.manifest_json, result.run, absl::FromUnixSeconds(0)));
  EXPECT_EQ(manifest["engine"], SampleWorker().engine_version);
  EXPECT_TRUE(manifest.contains("started"));
}

}  // namespace
}  // namespace assay
