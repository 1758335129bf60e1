#include "coordinator/planner/cost_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/planner/sweep_estimate.h"

namespace assay {
namespace {

constexpr char kKind[] = "cpu/1/amx/2 threads";

ModelSpec AModel(const std::string& name, int64_t parameters) {
  ModelSpec model;
  model.name = name;
  model.weights_sha256 = name;
  model.tokenizer_sha256.append("t");
  model.parameters = parameters;
  return model;
}

MeasuredWork Work(const char* weights, int64_t parameters, double seconds, int64_t prompt,
                  int64_t generated, const char* kind = kKind) {
  MeasuredWork work;
  work.weights_sha256.append(weights);
  work.precision.append("bfloat16");
  work.worker_kind.append(kind);
  work.parameters = parameters;
  work.busy_seconds = seconds;
  work.prompt_tokens = prompt;
  work.generated_tokens = generated;
  work.loads = 1;
  work.load_seconds = 3;
  return work;
}

MeasuredTokens Tokens(const char* model, const char* tokenizer, int64_t prompt, int64_t computed,
                      int64_t generated) {
  MeasuredTokens tokens;
  tokens.benchmark.append("bbh");
  tokens.dataset_sha256.append("d");
  tokens.protocol.append("p");
  tokens.shots = 3;
  tokens.prompt_template.append("none");
  tokens.model.append(model);
  tokens.tokenizer_sha256.append(tokenizer);
  tokens.predictions = 10;
  tokens.prompt_tokens = prompt;
  tokens.computed_tokens = computed;
  tokens.generated_tokens = generated;
  return tokens;
}

StoredWorker AWorker(int threads, double rate) {
  StoredWorker stored;
  stored.worker.device = "cpu";
  stored.worker.engine_version = "1/amx";
  stored.worker.threads = threads;
  stored.worker.gflops["bfloat16"] = rate;
  stored.connected = true;
  return stored;
}

TEST(CostModelTest, ToldApartByRunsOfBothKinds) {
  // 1 ms a prompt token, 5 ms a generated one.
  Measurements measured;
  measured.work = {Work("a", 100, 10 + 0.5, 10000, 100), Work("a", 100, 1 + 10, 1000, 2000)};
  const CostModel costs(measured, {});
  const TokenCost cost = costs.TokensOf(AModel("a", 100), Precision::kBFloat16, kKind);
  EXPECT_EQ(cost.basis, EstimateBasis::kMeasured);
  EXPECT_NEAR(cost.prompt, 0.001, 1e-9);
  EXPECT_NEAR(cost.generated, 0.005, 1e-9);
  EXPECT_EQ(costs.LoadOf(AModel("a", 100), Precision::kBFloat16, kKind).seconds, 3);
}

TEST(CostModelTest, OneRunTellsOneNumber) {
  Measurements measured;
  measured.work = {Work("a", 100, 10, 9000, 500)};
  const CostModel costs(measured, {});
  const TokenCost cost = costs.TokensOf(AModel("a", 100), Precision::kBFloat16, kKind);
  EXPECT_NEAR(cost.prompt * 9000 + cost.generated * 500, 10, 1e-9);
}

TEST(CostModelTest, ScaledFromTheNearestModelThenFromOtherWorkersThenByRate) {
  Measurements measured;
  measured.work = {Work("small", 100, 1, 1000, 0), Work("large", 10000, 300, 1000, 0)};
  const std::vector<StoredWorker> workers = {AWorker(2, 100), AWorker(8, 400)};
  const CostModel costs(measured, workers);
  const TokenCost scaled = costs.TokensOf(AModel("new", 200), Precision::kBFloat16, kKind);
  EXPECT_EQ(scaled.basis, EstimateBasis::kScaled);
  EXPECT_NEAR(scaled.prompt, 0.002, 1e-9);
  EXPECT_NEAR(costs.LoadOf(AModel("new", 10100), Precision::kBFloat16, kKind).seconds, 6, 1e-9);
  // Four times as fast.
  const TokenCost other =
      costs.TokensOf(AModel("new", 200), Precision::kBFloat16, "cpu/1/amx/8 threads");
  EXPECT_EQ(other.basis, EstimateBasis::kOtherKind);
  EXPECT_NEAR(other.prompt, 0.0005, 1e-9);
  const CostModel nothing({}, workers);
  const TokenCost theory = nothing.TokensOf(AModel("new", 25e9), Precision::kBFloat16, kKind);
  EXPECT_EQ(theory.basis, EstimateBasis::kTheory);
  EXPECT_NEAR(theory.prompt, 1, 1e-9);
  EXPECT_EQ(nothing.TokensOf(AModel("new", 1), Precision::kBFloat16, "gpu").basis,
            EstimateBasis::kUnknown);
}

TEST(CostModelTest, TokensAreThoseThatEarlierRunsHad) {
  Measurements measured;
  measured.tokens.push_back(Tokens("other", "u", 500, 300, 40));
  measured.tokens.push_back(Tokens("m", "t", 1000, 600, 20));
  const CostModel costs(measured, {});
  RunSpec run;
  run.benchmark = "bbh";
  run.dataset_sha256.append("d");
  run.settings.protocol.append("p");
  run.settings.shots = 3;
  const RunCost before{7000, 5000, 3200};
  const RunCost learnt = costs.Learnt(run, AModel("m", 1), 100, before);
  EXPECT_EQ(learnt.prompt_tokens, 10000);
  EXPECT_EQ(learnt.computed_tokens, 6000);
  EXPECT_EQ(learnt.generated_tokens, 200);
  // Another tokenizer: only what models write by this protocol.
  ModelSpec stranger = AModel("s", 1);
  stranger.tokenizer_sha256.assign(1, 'v');
  const RunCost guessed = costs.Learnt(run, stranger, 100, before);
  EXPECT_EQ(guessed.computed_tokens, 5000);
  EXPECT_EQ(guessed.generated_tokens, 300);
  run.settings.protocol.assign(1, 'q');
  EXPECT_EQ(costs.Learnt(run, stranger, 100, before).generated_tokens, 3200);
}

TEST(EstimateMarginTest, TellsNothingBeforeEnoughHaveFinished) {
  std::vector<EstimateOutcome> outcomes(4, {10, 12});
  EXPECT_EQ(MarginOf(outcomes).high, 0);
  EXPECT_EQ(MarginOf(outcomes).runs, 4);
  outcomes.push_back({10, 8});
  const EstimateMargin margin = MarginOf(outcomes);
  EXPECT_NEAR(margin.low, 0.88, 1e-9);
  EXPECT_NEAR(margin.median, 1.2, 1e-9);
  EXPECT_NEAR(margin.high, 1.2, 1e-9);
}

TEST(SweepTimeTest, ModelsAreSharedOutOverTheEngines) {
  Measurements measured;
  for (const char* kind : {kKind, "cuda/1/sm90/2 threads"}) {
    measured.work.push_back(Work("a", 100, 1, 1000, 0, kind));
    measured.work.push_back(Work("b", 100, 1, 1000, 0, kind));
  }
  const CostModel costs(measured, {});
  const CostedRun a{AModel("a", 100), Precision::kBFloat16, {0, 10000, 0}, 100};
  const CostedRun b{AModel("b", 100), Precision::kBFloat16, {0, 20000, 0}, 100};
  const std::vector<CostedRun> runs = {a, b};
  // One worker does one model after the other, each with its load of 3 s.
  const SweepTime one = TimeOf(runs, costs, std::vector<WorkerGroupSize>{{kKind, 1}});
  EXPECT_NEAR(one.seconds, 3 + 10 + 3 + 20, 1e-6);
  EXPECT_NEAR(one.device_seconds, 36, 1e-6);
  ASSERT_EQ(one.models.size(), 2u);
  EXPECT_EQ(one.models[0].model, "a");
  EXPECT_NEAR(one.models[0].seconds, 13, 1e-6);
  // Two of one engine share each model, two engines do not.
  const SweepTime two = TimeOf(runs, costs, std::vector<WorkerGroupSize>{{kKind, 2}});
  EXPECT_NEAR(two.seconds, 3 + 5 + 3 + 10, 1e-6);
  EXPECT_NEAR(two.device_seconds, 42, 1e-6);
  const SweepTime apart =
      TimeOf(runs, costs, std::vector<WorkerGroupSize>{{kKind, 1}, {"cuda/1/sm90/2 threads", 1}});
  EXPECT_NEAR(apart.seconds, 23, 1e-6);
  // More workers than predictions are of no use.
  CostedRun single = a;
  single.predictions = 1;
  EXPECT_NEAR(TimeOf(single, costs, std::vector<WorkerGroupSize>{{kKind, 8}}).seconds, 10, 1e-6);
  EXPECT_EQ(TimeOf(runs, costs, {}).seconds, 0);
}

}  // namespace
}  // namespace assay
