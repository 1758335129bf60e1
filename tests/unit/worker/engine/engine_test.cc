#include "worker/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "tests/support/checkpoint_builder.h"
#include "tests/unit/worker/engine/engine_runner.h"
#include "worker/engine/optimizations.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/causal_lm.h"
#include "worker/model/model_family.h"

namespace assay {
namespace {

using testing::HasSubstr;

constexpr int64_t kVocabulary = 300;

std::unique_ptr<CausalLm> TinyModel(Precision precision) {
  const std::string folder =
      testing::TempDir() + "/engine_test_" + std::string(PrecisionName(precision));
  TinyLlamaOptions options;
  options.vocab = kVocabulary;
  options.layers = 3;
  options.head_dim = 24;
  EXPECT_TRUE(WriteTinyLlama(folder, options).ok());
  const auto checkpoint = Checkpoint::Open(folder);
  EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
  const auto description = DescribeModel(**checkpoint);
  EXPECT_TRUE(description.ok()) << description.status();
  auto model = (*description)->Load(**checkpoint, precision);
  EXPECT_TRUE(model.ok()) << model.status();
  return std::move(*model);
}

// Few-shot-like requests: families of prompts with long common prefixes, some generated, greedily
// or sampled, some with choices of one or more tokens, and prompts that are there twice.
std::vector<Request> Requests() {
  std::mt19937 random(11);
  const auto tokens = [&random](size_t count) {
    std::vector<int32_t> result(count);
    for (int32_t& token : result) token = static_cast<int32_t>(random() % kVocabulary);
    return result;
  };
  std::vector<Request> requests;
  for (int family = 0; family < 4; ++family) {
    const std::vector<int32_t> prefix = tokens(20 + static_cast<size_t>(family) * 60);
    for (int i = 0; i < 7; ++i) {
      Request request;
      request.id = requests.size();
      request.prompt = prefix;
      const std::vector<int32_t> own = tokens(1 + random() % 40);
      request.prompt.insert(request.prompt.end(), own.begin(), own.end());
      if (i % 3 == 2) {
        request.choices = {tokens(1), tokens(3), tokens(1), tokens(6)};
      } else {
        request.max_new_tokens = 1 + static_cast<int>(random() % 70);
        request.stop_token_ids = {static_cast<int32_t>(random() % kVocabulary), 5};
        if (i > 2) {
          request.sampling = {.temperature = 0.2 * i,
                              .top_p = i == 4 ? 0.9 : 1.0,
                              .top_k = family == 1 ? 40 : 0,
                              .random = {.key = 17, .nonce = random()}};
        }
      }
      requests.push_back(request);
      if (i == 3) {
        request.id = requests.size();
        ++request.sampling.random.nonce;
        requests.push_back(request);
      }
    }
  }
  return requests;
}

class EngineTest : public testing::TestWithParam<Precision> {};

INSTANTIATE_TEST_SUITE_P(Precisions, EngineTest,
                         testing::Values(Precision::kFloat32, Precision::kBFloat16,
                                         Precision::kFloat16),
                         [](const auto& info) { return std::string(PrecisionName(info.param)); });

TEST_P(EngineTest, TheSameBitsWhateverRunsBeside) {
  const std::unique_ptr<CausalLm> model = TinyModel(GetParam());
  const std::vector<Request> requests = Requests();
  const std::map<uint64_t, Completion> expected = RunAll(model.get(), {}, requests);
  ASSERT_EQ(expected.size(), requests.size());
  for (const int64_t budget : {1, 64, 512, 4096}) {
    ExpectSame(expected, RunAll(model.get(), {.token_budget = budget}, requests),
               "token budget " + std::to_string(budget));
  }
  for (const unsigned seed : {1u, 2u, 3u}) {
    std::vector<Request> shuffled = requests;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(seed));
    ExpectSame(expected, RunAll(model.get(), {.token_budget = 200}, shuffled),
               "order " + std::to_string(seed));
  }
  // A cache that holds hardly more than one sequence.
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
}

TEST_P(EngineTest, CommonPrefixesAreComputedOnce) {
  const std::unique_ptr<CausalLm> model = TinyModel(GetParam());
  std::vector<Request> requests;
  std::vector<int32_t> prefix(200);
  for (size_t i = 0; i < prefix.size(); ++i) prefix[i] = static_cast<int32_t>(i);
  for (int i = 0; i < 10; ++i) {
    Request request{.id = static_cast<uint64_t>(i),
                    .prompt = prefix,
                    .max_new_tokens = 1,
                    .stop_token_ids = {},
                    .choices = {}};
    for (int k = 0; k < 5; ++k) request.prompt.push_back(200 + i * 5 + k);
    requests.push_back(request);
  }
  for (const int64_t budget : {64, 4096}) {
    EngineStatistics statistics;
    const auto completions = RunAll(model.get(), {.token_budget = budget}, requests, &statistics);
    EXPECT_EQ(statistics.prompt_tokens, 10 * 205);
    EXPECT_EQ(statistics.cached_tokens, 9 * 200);
    EXPECT_EQ(statistics.computed_tokens, 200 + 10 * 5);
    EXPECT_EQ(statistics.generated_tokens, 10);
    int64_t cached = 0;
    for (const auto& [id, completion] : completions) cached += completion.cached_tokens;
    EXPECT_EQ(cached, 9 * 200);
  }
}

TEST_P(EngineTest, SamplesOfAPromptShareItsComputation) {
  const std::unique_ptr<CausalLm> model = TinyModel(GetParam());
  std::vector<Request> requests;
  for (uint64_t sample = 0; sample < 20; ++sample) {
    requests.push_back({.id = sample,
                        .prompt = std::vector<int32_t>(150, 7),
                        .max_new_tokens = 12,
                        .stop_token_ids = {},
                        .choices = {},
                        .sampling = {.temperature = 8, .random = {.key = 3, .nonce = sample}}});
  }
  EngineStatistics statistics;
  const auto completions = RunAll(model.get(), {.speculate = false}, requests, &statistics);
  // The last token of the prompt is computed for each, and all generated ones but the last.
  EXPECT_EQ(statistics.cached_tokens, 19 * 149);
  EXPECT_EQ(statistics.computed_tokens, 149 + 20 * 12);
  std::set<std::vector<int32_t>> different;
  for (const auto& [id, completion] : completions) different.insert(completion.token_ids);
  EXPECT_EQ(different.size(), 20u);
}

TEST_P(EngineTest, ChoicesAddUpTheirTokens) {
  const std::unique_ptr<CausalLm> model = TinyModel(GetParam());
  const std::vector<int32_t> prompt = {3, 1, 4, 1, 5};
  const auto score = [&](std::vector<int32_t> before, std::vector<int32_t> choice) {
    return RunAll(model.get(), {},
                  {Request{.id = 1,
                           .prompt = std::move(before),
                           .max_new_tokens = 0,
                           .stop_token_ids = {},
                           .choices = {std::move(choice)}}})
        .at(1)
        .choice_loglikelihoods[0];
  };
  EXPECT_EQ(score(prompt, {9, 2, 6}), score(prompt, {9}) + score({3, 1, 4, 1, 5, 9}, {2}) +
                                          score({3, 1, 4, 1, 5, 9, 2}, {6}));
  // Over the whole vocabulary the probabilities of one token sum to one.
  Request all{.id = 1, .prompt = prompt, .max_new_tokens = 0, .stop_token_ids = {}, .choices = {}};
  for (int32_t token = 0; token < kVocabulary; ++token) all.choices.push_back({token});
  const Completion completion = RunAll(model.get(), {}, {all}).at(1);
  double sum = 0;
  for (const double value : completion.choice_loglikelihoods) sum += std::exp(value);
  EXPECT_NEAR(sum, 1.0, 1e-5);
  // And the greedy token is the most probable of them.
  Request greedy{
      .id = 1, .prompt = prompt, .max_new_tokens = 1, .stop_token_ids = {}, .choices = {}};
  const auto best = std::max_element(completion.choice_loglikelihoods.begin(),
                                     completion.choice_loglikelihoods.end());
  EXPECT_EQ(
      RunAll(model.get(), {}, {greedy}).at(1).token_ids,
      std::vector<int32_t>{static_cast<int32_t>(best - completion.choice_loglikelihoods.begin())});
}

TEST_P(EngineTest, StopsAtAStopTokenWithoutIt) {
  const std::unique_ptr<CausalLm> model = TinyModel(GetParam());
  Request request{
      .id = 1, .prompt = {7, 8, 9}, .max_new_tokens = 40, .stop_token_ids = {}, .choices = {}};
  const Completion free = RunAll(model.get(), {}, {request}).at(1);
  ASSERT_EQ(free.token_ids.size(), 40u);
  EXPECT_EQ(free.finish_reason, FinishReason::kLength);
  request.stop_token_ids = {free.token_ids[10]};
  const Completion stopped = RunAll(model.get(), {}, {request}).at(1);
  const auto first = std::find(free.token_ids.begin(), free.token_ids.end(), free.token_ids[10]);
  EXPECT_EQ(stopped.token_ids, std::vector<int32_t>(free.token_ids.begin(), first));
  EXPECT_EQ(stopped.finish_reason, FinishReason::kStop);
}

TEST_P(EngineTest, EndsWhenTheCallerSaysSo) {
  const std::unique_ptr<CausalLm> model = TinyModel(GetParam());
  Request request{
      .id = 1, .prompt = {7, 8, 9}, .max_new_tokens = 40, .stop_token_ids = {}, .choices = {}};
  const Completion free = RunAll(model.get(), {}, {request}).at(1);
  request.is_over = [](absl::Span<const int32_t> tokens) { return tokens.size() == 17; };
  const Completion over = RunAll(model.get(), {}, {request}).at(1);
  EXPECT_EQ(over.token_ids,
            std::vector<int32_t>(free.token_ids.begin(), free.token_ids.begin() + 17));
  EXPECT_EQ(over.finish_reason, FinishReason::kStop);
}

TEST(EngineRequestTest, RefusesWhatCannotRun) {
  const std::unique_ptr<CausalLm> model = TinyModel(Precision::kFloat32);
  const int64_t block = model->kv_layout().BlockBytes();
  const auto engine = Engine::Create(model.get(), {.kv_cache_bytes = 3 * block});
  ASSERT_TRUE(engine.ok());
  const auto submit = [&](Request request) {
    return std::string((*engine)->Submit(std::move(request)).message());
  };
  EXPECT_THAT(
      submit({.id = 1, .prompt = {}, .max_new_tokens = 1, .stop_token_ids = {}, .choices = {}}),
      HasSubstr("empty"));
  EXPECT_THAT(
      submit({.id = 1, .prompt = {300}, .max_new_tokens = 1, .stop_token_ids = {}, .choices = {}}),
      HasSubstr("vocabulary"));
  EXPECT_THAT(
      submit({.id = 1, .prompt = {1}, .max_new_tokens = 0, .stop_token_ids = {}, .choices = {}}),
      HasSubstr("either"));
  EXPECT_THAT(
      submit({.id = 1, .prompt = {1}, .max_new_tokens = 0, .stop_token_ids = {}, .choices = {{}}}),
      HasSubstr("choice is empty"));
  EXPECT_THAT(submit({.id = 1,
                      .prompt = std::vector<int32_t>(512, 1),
                      .max_new_tokens = 1,
                      .stop_token_ids = {},
                      .choices = {}}),
              HasSubstr("context has 512"));
  EXPECT_THAT(submit({.id = 1,
                      .prompt = std::vector<int32_t>(512, 1),
                      .max_new_tokens = 0,
                      .stop_token_ids = {},
                      .choices = {{1}, {1, 1}}}),
              HasSubstr("takes 513 tokens, the model's context has 512"));
  // The last token of a choice needs no place.
  EXPECT_THAT(submit({.id = 1,
                      .prompt = std::vector<int32_t>(512, 1),
                      .max_new_tokens = 0,
                      .stop_token_ids = {},
                      .choices = {{1}}}),
              HasSubstr("--kv-cache-mb"));
  EXPECT_THAT(submit({.id = 1,
                      .prompt = std::vector<int32_t>(130, 1),
                      .max_new_tokens = 1,
                      .stop_token_ids = {},
                      .choices = {}}),
              HasSubstr("--kv-cache-mb"));
  EXPECT_EQ(
      submit({.id = 1, .prompt = {1}, .max_new_tokens = 1, .stop_token_ids = {}, .choices = {}}),
      "");
  EXPECT_THAT(
      submit({.id = 1, .prompt = {1}, .max_new_tokens = 1, .stop_token_ids = {}, .choices = {}}),
      HasSubstr("unfinished"));
  EXPECT_EQ(Engine::Create(model.get(), {.kv_cache_bytes = block / 2}).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(EngineRequestTest, CancelledRequestsLeaveNothing) {
  const std::unique_ptr<CausalLm> model = TinyModel(Precision::kFloat32);
  const auto engine = Engine::Create(model.get(), {.token_budget = 64});
  ASSERT_TRUE(engine.ok());
  const std::vector<Request> requests = Requests();
  for (const Request& request : requests) ASSERT_TRUE((*engine)->Submit(request).ok());
  std::vector<Completion> finished;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*engine)->Step(&finished).ok());
  for (const Request& request : requests) {
    if (request.id % 2 == 1) (*engine)->Cancel(request.id);
  }
  (*engine)->Cancel(987654);
  while ((*engine)->HasWork()) ASSERT_TRUE((*engine)->Step(&finished).ok());
  const std::map<uint64_t, Completion> expected = RunAll(model.get(), {}, requests);
  size_t even = 0;
  for (const Completion& completion : finished) {
    EXPECT_EQ(completion.token_ids, expected.at(completion.id).token_ids);
    even += completion.id % 2 == 0;
  }
  EXPECT_EQ(even, (requests.size() + 1) / 2);
}

// A model whose passes fail now and then, and which has no memory for large ones.
class FailingLm : public CausalLm {
 public:
  explicit FailingLm(CausalLm* model) : model_(model) {}
  int64_t vocabulary_size() const override { return model_->vocabulary_size(); }
  int64_t context_length() const override { return model_->context_length(); }
  KvLayout kv_layout() const override { return model_->kv_layout(); }
  int64_t weight_bytes() const override { return model_->weight_bytes(); }
  absl::Status Forward(const Batch& batch, KvPool* pool) override {
    if (batch.rows() > kMostRows) return absl::ResourceExhaustedError("no memory");
    if (++calls_ % 3 == 0) return absl::InternalError("as it happens");
    return model_->Forward(batch, pool);
  }
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override {
    if (++calls_ % 7 == 0) return absl::InternalError("as it happens");
    return model_->Logits(first, rows);
  }

 private:
  static constexpr int64_t kMostRows = 300;

  CausalLm* model_;
  int calls_ = 0;
};

TEST(EngineRequestTest, AFailedPassChangesNoResult) {
  const std::unique_ptr<CausalLm> model = TinyModel(Precision::kFloat32);
  const std::vector<Request> requests = Requests();
  const std::map<uint64_t, Completion> expected = RunAll(model.get(), {}, requests);
  FailingLm failing(model.get());
  const auto engine = Engine::Create(&failing, {});
  ASSERT_TRUE(engine.ok());
  for (const Request& request : requests) ASSERT_TRUE((*engine)->Submit(request).ok());
  std::vector<Completion> finished;
  int failures = 0;
  for (int steps = 0; (*engine)->HasWork() && steps < 10000; ++steps) {
    failures += !(*engine)->Step(&finished).ok();
  }
  // Passes that were too large were split, without an error to anybody.
  EXPECT_GT((*engine)->statistics().split_steps, 0);
  EXPECT_GT(failures, 0);
  std::map<uint64_t, Completion> by_id;
  for (Completion& completion : finished) by_id[completion.id] = std::move(completion);
  ExpectSame(expected, by_id, "with failures");
}

// A model that says the same few words over and over, so that guesses are right for a while.
TEST(EngineRequestTest, SpeculationChangesNoOutput) {
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16, Precision::kInt8}) {
    const std::unique_ptr<CausalLm> model = TinyModel(precision);
    std::vector<Request> requests;
    for (int i = 0; i < 12; ++i) {
      Request request;
      request.id = static_cast<uint64_t>(i);
      for (int j = 0; j < 20 + 7 * i; ++j) request.prompt.push_back((j * (i + 3)) % 11);
      request.max_new_tokens = 60 + i;
      requests.push_back(request);
    }
    const auto run = [&](bool speculate, EngineStatistics* statistics) {
      EngineOptions options;
      options.speculate = speculate;
      const auto engine = Engine::Create(model.get(), options);
      EXPECT_TRUE(engine.ok()) << engine.status();
      for (const Request& request : requests) EXPECT_TRUE((*engine)->Submit(request).ok());
      std::vector<Completion> finished;
      while ((*engine)->HasWork()) EXPECT_TRUE((*engine)->Step(&finished).ok());
      *statistics = (*engine)->statistics();
      std::map<uint64_t, Completion> by_id;
      for (Completion& completion : finished) by_id[completion.id] = std::move(completion);
      return by_id;
    };
    EngineStatistics plain, guessed;
    const std::map<uint64_t, Completion> expected = run(false, &plain);
    ExpectSame(expected, run(true, &guessed), "with guesses");
    EXPECT_EQ(plain.drafted_tokens, 0);
    EXPECT_GT(guessed.drafted_tokens, 0);
    EXPECT_GT(guessed.accepted_tokens, 0);
    EXPECT_LT(guessed.steps, plain.steps);
    EXPECT_EQ(guessed.generated_tokens, plain.generated_tokens);
  }
}

TEST(EngineRequestTest, TheSwitchesChangeNoOutput) {
  const std::unique_ptr<CausalLm> model = TinyModel(Precision::kBFloat16);
  const std::vector<Request> requests = Requests();
  const std::map<uint64_t, Completion> expected = RunAll(model.get(), {}, requests);
  for (const std::string& name : OptimizationNames()) {
    EngineOptions options;
    ASSERT_TRUE(LeaveOut(name, &options).ok());
    ExpectSame(expected, RunAll(model.get(), options, requests), name);
  }
  EngineOptions none;
  for (const std::string& name : OptimizationNames()) ASSERT_TRUE(LeaveOut(name, &none).ok());
  ExpectSame(expected, RunAll(model.get(), none, requests), "none of them");
  EXPECT_EQ(LeaveOut("sharing", &none).code(), absl::StatusCode::kInvalidArgument);
  ExpectSame(expected, RunAll(model.get(), {.most_running = 1}, requests), "one by one");
}

}  // namespace
}  // namespace assay
