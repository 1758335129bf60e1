// The engine on models whose sequences leave something else than keys and values of each token: a
// recurrent state (RWKV), or keys and values that follow from a whole prefix (ChatGLM-6B).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/unit/worker/engine/engine_runner.h"
#include "tests/unit/worker/model/model_runner.h"
#include "worker/engine/engine.h"
#include "worker/engine/optimizations.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

using testing::HasSubstr;

constexpr char kRwkv[] = "tests/golden/families/rwkv";
constexpr char kGlm[] = "tests/golden/families/chatglm_6b";
constexpr int32_t kVocabulary = 300;  // both have some more
constexpr int32_t kFirstToken = 8;    // above the special ones
constexpr int32_t kMask = 3, kBegin = 7;

using Completions = std::map<uint64_t, Completion>;

struct Model {
  const char* folder;
  Precision precision;

  bool marks_prompts() const { return folder == std::string(kGlm); }
  std::unique_ptr<CausalLm> Load() const { return LoadModelFrom(folder, precision); }
  std::vector<int32_t> Prompt(std::vector<int32_t> text) const {
    if (marks_prompts()) text.insert(text.end(), {kMask, kBegin});
    return text;
  }
};

std::vector<int32_t> RandomTokens(size_t count, std::mt19937& random) {
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) {
    token = kFirstToken + static_cast<int32_t>(random() % (kVocabulary - kFirstToken));
  }
  return tokens;
}

// Few-shot-like requests, as in engine_test.cc.
std::vector<Request> Requests(const Model& model) {
  std::mt19937 random(19);
  std::vector<Request> requests;
  for (size_t family = 0; family < 3; ++family) {
    const std::vector<int32_t> prefix = RandomTokens(20 + family * 70, random);
    for (int i = 0; i < 7; ++i) {
      Request request;
      request.id = requests.size();
      std::vector<int32_t> text = prefix;
      const std::vector<int32_t> own = RandomTokens(1 + random() % 40, random);
      text.insert(text.end(), own.begin(), own.end());
      request.prompt = model.Prompt(text);
      if (i % 3 == 2) {
        for (const size_t length : {1, 3, 1, 6}) {
          request.choices.push_back(RandomTokens(length, random));
        }
      } else {
        request.max_new_tokens = 1 + static_cast<int>(random() % 70);
        if (i > 2) {
          request.sampling = {.temperature = 0.3 * i, .random = {.key = 17, .nonce = random()}};
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

class StateSequencesTest : public testing::TestWithParam<Model> {};

INSTANTIATE_TEST_SUITE_P(Models, StateSequencesTest,
                         testing::Values(Model{kRwkv, Precision::kFloat32},
                                         Model{kRwkv, Precision::kBFloat16},
                                         Model{kGlm, Precision::kFloat32},
                                         Model{kGlm, Precision::kBFloat16}),
                         [](const auto& info) {
                           return (info.param.marks_prompts() ? "ChatGlm" : "Rwkv") +
                                  std::string(PrecisionName(info.param.precision));
                         });

TEST_P(StateSequencesTest, TheSameBitsWhateverRunsBeside) {
  const std::unique_ptr<CausalLm> model = GetParam().Load();
  ASSERT_NE(model, nullptr);
  const std::vector<Request> requests = Requests(GetParam());
  Completions alone;
  for (const Request& request : requests) alone.merge(RunAll(model.get(), {}, {request}));
  ASSERT_EQ(alone.size(), requests.size());
  std::set<std::vector<int32_t>> different;
  for (const auto& [id, completion] : alone) different.insert(completion.token_ids);
  EXPECT_GT(different.size(), requests.size() / 2) << "the model says too little to tell anything";
  EngineStatistics statistics;
  ExpectSame(alone, RunAll(model.get(), {}, requests, &statistics), "together");
  EXPECT_GT(statistics.cached_tokens, 0);
  for (const int64_t budget : {1, 64, 200}) {
    ExpectSame(alone, RunAll(model.get(), {.token_budget = budget}, requests),
               "token budget " + std::to_string(budget));
  }
  for (const unsigned seed : {1u, 2u}) {
    std::vector<Request> shuffled = requests;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(seed));
    ExpectSame(alone, RunAll(model.get(), {.token_budget = 300}, shuffled),
               "order " + std::to_string(seed));
  }
  const int64_t block = model->kv_layout().BlockBytes();
  ExpectSame(alone, RunAll(model.get(), {.kv_cache_bytes = 7 * block}, requests), "a small cache");
  for (const std::string& name : OptimizationNames()) {
    EngineOptions options;
    ASSERT_TRUE(LeaveOut(name, &options).ok());
    ExpectSame(alone, RunAll(model.get(), options, requests), "without " + name);
  }
  const int threads = ThreadPool::Shared().threads();
  ThreadPool::SetThreads(3);
  ExpectSame(alone, RunAll(model.get(), {}, requests), "three threads");
  ThreadPool::SetThreads(threads);
}

TEST_P(StateSequencesTest, ChoicesOfAnItemShareItsPrompt) {
  const std::unique_ptr<CausalLm> model = GetParam().Load();
  ASSERT_NE(model, nullptr);
  std::mt19937 random(3);
  Request request;
  request.id = 1;
  request.prompt = GetParam().Prompt(RandomTokens(98, random));
  for (int i = 0; i < 4; ++i) request.choices.push_back(RandomTokens(6, random));
  const int64_t prompt = static_cast<int64_t>(request.prompt.size());
  for (const int64_t budget : {50, 2048}) {
    EngineStatistics statistics;
    RunAll(model.get(), {.token_budget = budget}, {request}, &statistics);
    EXPECT_EQ(statistics.computed_tokens, prompt + 4 * 5) << budget;
  }
}

TEST_P(StateSequencesTest, SamplesOfAPromptShareItsComputation) {
  const std::unique_ptr<CausalLm> model = GetParam().Load();
  ASSERT_NE(model, nullptr);
  std::mt19937 random(3);
  const std::vector<int32_t> prompt = GetParam().Prompt(RandomTokens(148, random));
  std::vector<Request> requests;
  for (uint64_t sample = 0; sample < 20; ++sample) {
    Request request;
    request.id = sample;
    request.prompt = prompt;
    request.max_new_tokens = 12;
    request.sampling = {.temperature = 8, .random = {.key = 3, .nonce = sample}};
    requests.push_back(request);
  }
  EngineStatistics statistics;
  RunAll(model.get(), {.speculate = false}, requests, &statistics);
  const int64_t shared = static_cast<int64_t>(prompt.size()) - 1;
  EXPECT_EQ(statistics.cached_tokens, 19 * shared);
  EXPECT_EQ(statistics.computed_tokens, shared + 20 * 12);
}

TEST(RecurrentSequencesTest, FewShotPrefixesAreComputedOnce) {
  const Model rwkv = {kRwkv, Precision::kFloat32};
  const std::unique_ptr<CausalLm> model = rwkv.Load();
  ASSERT_NE(model, nullptr);
  std::mt19937 random(3);
  const std::vector<int32_t> prefix = RandomTokens(200, random);
  std::vector<Request> requests;
  for (int i = 0; i < 10; ++i) {
    Request request;
    request.id = static_cast<uint64_t>(i);
    request.prompt = prefix;
    request.prompt.push_back(kFirstToken + i);
    for (int k = 0; k < 4; ++k) request.prompt.push_back(100 + i * 5 + k);
    request.max_new_tokens = 5;
    requests.push_back(request);
  }
  for (const int64_t budget : {64, 2048}) {
    EngineStatistics statistics;
    RunAll(model.get(), {.token_budget = budget}, requests, &statistics);
    EXPECT_EQ(statistics.cached_tokens, 9 * 200) << budget;
    EXPECT_EQ(statistics.computed_tokens, 200 + 10 * (5 + 4)) << budget;
    EXPECT_EQ(statistics.drafted_tokens, 0);
  }
}

TEST(PrefixSequencesTest, PromptsThatDifferShareNothing) {
  const Model glm = {kGlm, Precision::kFloat32};
  const std::unique_ptr<CausalLm> model = glm.Load();
  ASSERT_NE(model, nullptr);
  std::mt19937 random(3);
  std::vector<int32_t> text = RandomTokens(150, random);
  std::vector<Request> requests(2);
  for (size_t i = 0; i < 2; ++i) {
    requests[i].id = i;
    text.back() = kFirstToken + static_cast<int32_t>(i);
    requests[i].prompt = glm.Prompt(text);
    requests[i].max_new_tokens = 3;
  }
  EngineStatistics statistics;
  RunAll(model.get(), {}, requests, &statistics);
  EXPECT_EQ(statistics.cached_tokens, 0);
}

TEST(PrefixSequencesTest, PromptsWithoutTheirMarksAreRefused) {
  const Model glm = {kGlm, Precision::kFloat32};
  const std::unique_ptr<CausalLm> model = glm.Load();
  ASSERT_NE(model, nullptr);
  const auto engine = Engine::Create(model.get(), {});
  ASSERT_TRUE(engine.ok());
  const std::vector<std::vector<int32_t>> prompts = {
      {10, 11}, {10, kMask},         {10, kBegin},
      {kBegin}, {kMask, 10, kBegin}, {kMask, 10, kMask, kBegin}};
  for (const std::vector<int32_t>& prompt : prompts) {
    Request request;
    request.id = 1;
    request.prompt = prompt;
    request.max_new_tokens = 1;
    EXPECT_THAT(std::string((*engine)->Submit(request).message()), HasSubstr("gmask_token_id"));
  }
  EXPECT_FALSE((*engine)->HasWork());
}

// A model without memory for more than some rows.
class SmallLm : public CausalLm {
 public:
  SmallLm(CausalLm* model, int64_t most_rows) : model_(model), most_rows_(most_rows) {}
  int64_t vocabulary_size() const override { return model_->vocabulary_size(); }
  int64_t context_length() const override { return model_->context_length(); }
  KvLayout kv_layout() const override { return model_->kv_layout(); }
  int64_t weight_bytes() const override { return model_->weight_bytes(); }
  absl::StatusOr<int64_t> BidirectionalPrefix(absl::Span<const int32_t> prompt) const override {
    return model_->BidirectionalPrefix(prompt);
  }
  absl::Status Forward(const Batch& batch, KvPool* pool) override {
    if (batch.rows() > most_rows_) return absl::ResourceExhaustedError("no memory");
    return model_->Forward(batch, pool);
  }
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override {
    return model_->Logits(first, rows);
  }

 private:
  CausalLm* const model_;
  const int64_t most_rows_;
};

TEST_P(StateSequencesTest, PassesAreSplitAsFarAsTheyCanBe) {
  const std::unique_ptr<CausalLm> model = GetParam().Load();
  ASSERT_NE(model, nullptr);
  const std::vector<Request> requests = Requests(GetParam());
  SmallLm small(model.get(), 250);
  EngineStatistics statistics;
  ExpectSame(RunAll(model.get(), {}, requests), RunAll(&small, {}, requests, &statistics),
             "with little memory");
  EXPECT_GT(statistics.split_steps, 0);
}

TEST(PrefixSequencesTest, APrefixThatCannotBeSplitIsAnError) {
  const Model glm = {kGlm, Precision::kFloat32};
  const std::unique_ptr<CausalLm> model = glm.Load();
  ASSERT_NE(model, nullptr);
  SmallLm small(model.get(), 50);
  const auto engine = Engine::Create(&small, {});
  ASSERT_TRUE(engine.ok());
  Request request;
  request.id = 1;
  request.prompt = glm.Prompt(std::vector<int32_t>(100, 20));
  request.max_new_tokens = 1;
  ASSERT_TRUE((*engine)->Submit(request).ok());
  std::vector<Completion> finished;
  absl::Status status;
  for (int steps = 0; steps < 20 && status.ok(); ++steps) status = (*engine)->Step(&finished);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
}

}  // namespace
}  // namespace assay
