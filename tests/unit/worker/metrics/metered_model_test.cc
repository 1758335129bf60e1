#include "worker/metrics/metered_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using testing::HasSubstr;

Request Generation(uint64_t id, std::vector<int32_t> prompt) {
  Request request;
  request.id = id;
  request.prompt = std::move(prompt);
  request.max_new_tokens = 5;
  return request;
}

Request Choices(uint64_t id, std::vector<int32_t> prompt) {
  Request request;
  request.id = id;
  request.prompt = std::move(prompt);
  request.choices = {{7}, {8}};
  return request;
}

class MeteredModelTest : public testing::Test {
 protected:
  std::string Text() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

  std::unique_ptr<ServedModel> Load(const std::string& name) {
    ModelSpec spec;
    spec.name = name;
    auto model = metered_.Load(spec, Precision::kFloat32);
    EXPECT_TRUE(model.ok()) << model.status();
    return model.ok() ? *std::move(model) : nullptr;
  }

  FakeWorld world_;
  FakeLoader loader_{&world_};
  prometheus::Registry registry_;
  EngineMetrics metrics_{&registry_};
  MeteredModelLoader metered_{&loader_, &metrics_, Clock::Real()};
};

TEST_F(MeteredModelTest, CountsRequestsAndTokensByModel) {
  const auto model = Load("smol");
  ASSERT_NE(model, nullptr);
  ASSERT_TRUE(model->Submit(Generation(1, {1, 2, 3})).ok());
  ASSERT_TRUE(model->Submit(Choices(2, {1, 2})).ok());
  EXPECT_THAT(Text(), HasSubstr("assay_worker_requests 2\n"));
  std::vector<Completion> finished;
  while (model->HasWork()) ASSERT_TRUE(model->Step(&finished).ok());
  EXPECT_EQ(finished.size(), 2u);
  const std::string text = Text();
  EXPECT_THAT(text,
              HasSubstr("assay_worker_requests_total{kind=\"generation\",model=\"smol\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_requests_total{kind=\"choices\",model=\"smol\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_prompt_tokens_total{model=\"smol\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_prompt_tokens_cached_total{model=\"smol\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_generated_tokens_total{model=\"smol\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_step_duration_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_requests 0\n"));
}

TEST_F(MeteredModelTest, WhatIsRefusedOrCancelledIsNotCounted) {
  const auto model = Load("smol");
  ASSERT_NE(model, nullptr);
  ASSERT_TRUE(model->Submit(Generation(1, {1})).ok());
  model->Cancel(1);
  EXPECT_THAT(Text(), HasSubstr("assay_worker_requests 0\n"));
  EXPECT_THAT(Text(),
              HasSubstr("assay_worker_requests_total{kind=\"generation\",model=\"smol\"} 0\n"));
}

TEST_F(MeteredModelTest, LoadsAreCountedByOutcomeAndTheLoadedModelIsNamed) {
  loader_.errors["broken"] = absl::InvalidArgumentError("no");
  ModelSpec broken;
  broken.name = "broken";
  EXPECT_FALSE(metered_.Load(broken, Precision::kFloat32).ok());
  Load("first").reset();
  const auto second = Load("second");
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("assay_worker_model_loads_total{outcome=\"failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_model_loads_total{outcome=\"loaded\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_model_loaded{model=\"first\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_model_loaded{model=\"second\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_model_load_duration_seconds_count 3\n"));
}

TEST_F(MeteredModelTest, AScrapeWaitsForNoStep) {
  const auto model = Load("smol");
  ASSERT_NE(model, nullptr);
  ASSERT_TRUE(model->Submit(Generation(1, {1})).ok());
  world_.SetGate(false);
  std::thread engine([&] {
    std::vector<Completion> finished;
    EXPECT_TRUE(model->Step(&finished).ok());
  });
  world_.WaitUntilAtGate();
  EXPECT_THAT(Text(), HasSubstr("assay_worker_requests 1\n"));
  world_.SetGate(true);
  engine.join();
}

TEST_F(MeteredModelTest, ManyModelsAreFewSeries) {
  for (size_t i = 0; i < EngineMetrics::kMostModels + 20; ++i) {
    Load(absl::StrCat("model-", i)).reset();
  }
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("assay_worker_model_loaded{model=\"other\"} 0\n"));
  size_t series = 0;
  for (size_t at = 0; (at = text.find("\nassay_worker_model_loaded{", at)) != std::string::npos;
       ++at) {
    ++series;
  }
  EXPECT_EQ(series, EngineMetrics::kMostModels + 1);
}

}  // namespace
}  // namespace assay
