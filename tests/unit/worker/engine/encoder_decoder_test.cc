// The engine with an encoder-decoder: prompts are read once, and nothing that runs beside a request
// changes a bit of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "tests/unit/worker/engine/engine_runner.h"
#include "tests/unit/worker/model/model_runner.h"
#include "worker/engine/engine.h"
#include "worker/engine/optimizations.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/causal_lm.h"

namespace assay {
namespace {

using testing::HasSubstr;

constexpr int32_t kVocabulary = 271;

std::unique_ptr<CausalLm> T5Model(Precision precision) {
  return LoadModelFrom("tests/golden/families/t5_gated", precision);
}

std::vector<int32_t> Tokens(std::mt19937& random, size_t count) {
  std::vector<int32_t> result(count);
  for (int32_t& token : result) token = static_cast<int32_t>(random() % kVocabulary);
  return result;
}

// Prompts of many lengths, whole blocks among them, that begin alike; some there twice. Some
// generate, greedily or sampled, some score choices of one or more tokens.
std::vector<Request> Requests() {
  std::mt19937 random(12);
  std::vector<Request> requests;
  const std::vector<int32_t> common = Tokens(random, 128);
  for (int i = 0; i < 12; ++i) {
    Request request;
    request.id = requests.size();
    request.prompt = i % 3 == 0 ? common : std::vector<int32_t>();
    const std::vector<int32_t> own = Tokens(random, i == 3 ? 0 : 1 + random() % 100);
    request.prompt.insert(request.prompt.end(), own.begin(), own.end());
    if (i % 4 == 2) {
      request.choices = {Tokens(random, 1), Tokens(random, 3), Tokens(random, 1),
                         Tokens(random, 70)};
    } else {
      request.max_new_tokens = 1 + static_cast<int>(random() % 70);
      request.stop_token_ids = {static_cast<int32_t>(random() % kVocabulary), 1};
      if (i % 4 == 3) {
        request.sampling = {.temperature = 0.1 * i,
                            .top_p = i == 7 ? 0.9 : 1.0,
                            .top_k = i == 11 ? 40 : 0,
                            .random = {.key = 17, .nonce = random()}};
      }
    }
    requests.push_back(request);
    if (i % 5 == 0) {
      request.id = requests.size();
      ++request.sampling.random.nonce;
      requests.push_back(request);
    }
  }
  return requests;
}

class EncoderDecoderTest : public testing::TestWithParam<Precision> {};

INSTANTIATE_TEST_SUITE_P(Precisions, EncoderDecoderTest,
                         testing::Values(Precision::kFloat32, Precision::kBFloat16,
                                         Precision::kFloat16, Precision::kInt8),
                         [](const auto& info) { return std::string(PrecisionName(info.param)); });

TEST_P(EncoderDecoderTest, TheSameBitsWhateverRunsBeside) {
  const std::unique_ptr<CausalLm> model = T5Model(GetParam());
  const std::vector<Request> requests = Requests();
  const std::map<uint64_t, Completion> expected = RunAll(model.get(), {}, requests);
  ASSERT_EQ(expected.size(), requests.size());
  for (const int64_t budget : {1, 100, 512}) {
    ExpectSame(expected, RunAll(model.get(), {.token_budget = budget}, requests),
               "token budget " + std::to_string(budget));
  }
  std::vector<Request> shuffled = requests;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(1));
  ExpectSame(expected, RunAll(model.get(), {.token_budget = 200}, shuffled), "another order");
  // A cache that holds hardly more than one request: four blocks of a prompt, two of an output, and
  // one for the source of a copy.
  const int64_t block = model->kv_layout().BlockBytes();
  ExpectSame(expected, RunAll(model.get(), {.kv_cache_bytes = 7 * block}, requests),
             "a small cache");
  std::map<uint64_t, Completion> alone;
  for (const Request& request : requests) alone.merge(RunAll(model.get(), {}, {request}));
  ExpectSame(expected, alone, "each alone");
  const int threads = ThreadPool::Shared().threads();
  for (const int count : {1, 3}) {
    ThreadPool::SetThreads(count);
    ExpectSame(expected, RunAll(model.get(), {}, requests), std::to_string(count) + " threads");
  }
  ThreadPool::SetThreads(threads);
  for (const std::string& name : OptimizationNames()) {
    EngineOptions options;
    ASSERT_TRUE(LeaveOut(name, &options).ok());
    ExpectSame(expected, RunAll(model.get(), options, requests), name);
  }
}

TEST_P(EncoderDecoderTest, APromptIsReadOnceForItsSamplesAndChoices) {
  const std::unique_ptr<CausalLm> model = T5Model(GetParam());
  const std::vector<int32_t> prompt(150, 7);
  std::vector<Request> requests;
  for (uint64_t sample = 0; sample < 20; ++sample) {
    requests.push_back({.id = sample,
                        .prompt = prompt,
                        .max_new_tokens = 12,
                        .stop_token_ids = {},
                        .choices = {},
                        .sampling = {.temperature = 8, .random = {.key = 3, .nonce = sample}}});
  }
  EngineStatistics statistics;
  const auto completions = RunAll(model.get(), {.speculate = false}, requests, &statistics);
  // The start token and all generated ones but the last are computed for each.
  EXPECT_EQ(statistics.prompt_tokens, 20 * 150);
  EXPECT_EQ(statistics.cached_tokens, 19 * 150);
  EXPECT_EQ(statistics.computed_tokens, 150 + 20 * 12);
  EXPECT_EQ(statistics.generated_tokens, 20 * 12);
  std::set<std::vector<int32_t>> different;
  for (const auto& [id, completion] : completions) different.insert(completion.token_ids);
  EXPECT_EQ(different.size(), 20u);

  const Request choices{.id = 1,
                        .prompt = prompt,
                        .max_new_tokens = 0,
                        .stop_token_ids = {},
                        .choices = {{5}, {5, 6}, {9, 8, 7}}};
  RunAll(model.get(), {}, {choices}, &statistics);
  // The prompt, the start token, and of the choices all but their last tokens.
  EXPECT_EQ(statistics.computed_tokens, 150 + 1 + 1 + 2);

  // Another prompt that begins with the same block has nothing in common with it.
  std::vector<Request> alike = {requests[0], requests[1]};
  alike[1].prompt.back() = 8;
  RunAll(model.get(), {.speculate = false}, alike, &statistics);
  EXPECT_EQ(statistics.cached_tokens, 0);
  EXPECT_EQ(statistics.computed_tokens, 2 * (150 + 12));
}

TEST_P(EncoderDecoderTest, ChoicesAddUpTheirTokens) {
  const std::unique_ptr<CausalLm> model = T5Model(GetParam());
  const std::vector<int32_t> prompt = {3, 1, 4, 1, 5};
  const auto score = [&](std::vector<std::vector<int32_t>> choices) {
    return RunAll(model.get(), {},
                  {Request{.id = 1,
                           .prompt = prompt,
                           .max_new_tokens = 0,
                           .stop_token_ids = {},
                           .choices = std::move(choices)}})
        .at(1)
        .choice_loglikelihoods;
  };
  // Over the whole vocabulary the probabilities of one token sum to one, and of two as well.
  std::vector<std::vector<int32_t>> one, two;
  for (int32_t token = 0; token < kVocabulary; ++token) {
    one.push_back({token});
    two.push_back({9, token});
  }
  const std::vector<double> first = score(one);
  const std::vector<double> second = score(two);
  double sum = 0, sum_behind = 0;
  for (const double value : first) sum += std::exp(value);
  for (const double value : second) sum_behind += std::exp(value);
  EXPECT_NEAR(sum, 1.0, 1e-5);
  EXPECT_NEAR(sum_behind, std::exp(first[9]), 1e-5);
  // And the greedy token is the most probable of them.
  const Request greedy{
      .id = 1, .prompt = prompt, .max_new_tokens = 1, .stop_token_ids = {}, .choices = {}};
  const auto best = std::max_element(first.begin(), first.end());
  EXPECT_EQ(RunAll(model.get(), {}, {greedy}).at(1).token_ids,
            std::vector<int32_t>{static_cast<int32_t>(best - first.begin())});
}

TEST(EncoderDecoderRequestTest, RefusesWhatDoesNotFit) {
  const std::unique_ptr<CausalLm> model = T5Model(Precision::kFloat32);
  const int64_t block = model->kv_layout().BlockBytes();
  const auto engine = Engine::Create(model.get(), {.kv_cache_bytes = 3 * block});
  ASSERT_TRUE(engine.ok());
  Request request{.id = 1,
                  .prompt = std::vector<int32_t>(64, 5),
                  .max_new_tokens = 64,
                  .stop_token_ids = {},
                  .choices = {}};
  // Together not more tokens than two blocks have, but the decoder has a start token besides.
  EXPECT_THAT(std::string((*engine)->Submit(request).message()), HasSubstr("--kv-cache-mb"));
  request.max_new_tokens = 63;
  EXPECT_TRUE((*engine)->Submit(request).ok());
  request.id = 2;
  request.prompt.assign(static_cast<size_t>(model->context_length()), 5);
  EXPECT_THAT(std::string((*engine)->Submit(request).message()), HasSubstr("context"));
}

// A model whose passes fail now and then, and which has no memory for large ones.
class FailingLm : public CausalLm {
 public:
  explicit FailingLm(CausalLm* model) : model_(model) {}
  int64_t vocabulary_size() const override { return model_->vocabulary_size(); }
  int64_t context_length() const override { return model_->context_length(); }
  KvLayout kv_layout() const override { return model_->kv_layout(); }
  int64_t weight_bytes() const override { return model_->weight_bytes(); }
  std::optional<int32_t> decoder_start_token() const override {
    return model_->decoder_start_token();
  }
  absl::Status Forward(const Batch& batch, KvPool* pool) override {
    if (batch.tokens() > most_tokens) return absl::ResourceExhaustedError("no memory");
    if (++calls_ % 3 == 0) return absl::InternalError("as it happens");
    return model_->Forward(batch, pool);
  }
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override {
    if (++calls_ % 7 == 0) return absl::InternalError("as it happens");
    return model_->Logits(first, rows);
  }

  int64_t most_tokens = 300;

 private:
  CausalLm* model_;
  int calls_ = 0;
};

TEST(EncoderDecoderRequestTest, AFailedPassChangesNoResult) {
  const std::unique_ptr<CausalLm> model = T5Model(Precision::kFloat32);
  const std::vector<Request> requests = Requests();
  const std::map<uint64_t, Completion> expected = RunAll(model.get(), {}, requests);
  FailingLm failing(model.get());
  const auto engine = Engine::Create(&failing, {});
  ASSERT_TRUE(engine.ok());
  for (const Request& request : requests) ASSERT_TRUE((*engine)->Submit(request).ok());
  std::vector<Completion> finished;
  for (int steps = 0; (*engine)->HasWork() && steps < 10000; ++steps) {
    (void)(*engine)->Step(&finished);
  }
  EXPECT_GT((*engine)->statistics().split_steps, 0);
  std::map<uint64_t, Completion> by_id;
  for (Completion& completion : finished) by_id[completion.id] = std::move(completion);
  ExpectSame(expected, by_id, "with failures");
}

TEST(EncoderDecoderRequestTest, APromptThatNoPassHasMemoryForIsAnError) {
  const std::unique_ptr<CausalLm> model = T5Model(Precision::kFloat32);
  FailingLm failing(model.get());
  failing.most_tokens = 50;
  const auto engine = Engine::Create(&failing, {});
  ASSERT_TRUE(engine.ok());
  ASSERT_TRUE((*engine)
                  ->Submit({.id = 1,
                            .prompt = std::vector<int32_t>(100, 5),
                            .max_new_tokens = 5,
                            .stop_token_ids = {},
                            .choices = {}})
                  .ok());
  std::vector<Completion> finished;
  absl::Status status;
  for (int steps = 0; status.ok() && steps < 100; ++steps) status = (*engine)->Step(&finished);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace assay
