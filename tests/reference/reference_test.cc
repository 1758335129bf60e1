// Item by item against the transformers library in float32: greedy texts of BBH, log-likelihoods of
// MMLU's letters. A disagreement is allowed only where the reference's own two best are within
// kTie.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/benchmark/benchmark.h"
#include "common/catalog/built_in.h"
#include "tests/support/demo_model.h"
#include "worker/engine/engine.h"
#include "worker/model/causal_lm.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

constexpr double kTie = 1e-3;
constexpr char kGolden[] = "../shared/golden/";
constexpr char kData[] = "../shared/data/";

std::vector<nlohmann::json> ReadLines(const std::string& path) {
  std::vector<nlohmann::json> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// A benchmark's real items by id, with the shots of their group.
struct Question {
  Item item;
  std::vector<Item> shots;
};
std::map<std::string, Question> Questions(const Benchmark& benchmark,
                                          const ProtocolSpec& protocol) {
  const auto files = CollectFiles(benchmark, kData + std::string(benchmark.name()));
  const auto items = benchmark.Parse(files.value());
  std::map<std::string, std::vector<Item>> groups;
  for (const Item& item : items.value()) groups[item.group].push_back(item);
  std::map<std::string, Question> questions;
  for (const auto& [group, members] : groups) {
    const auto selection = benchmark.Select(protocol, protocol.shots, members);
    for (const Item& item : selection.value().items) {
      questions[item.id] = {item, selection->shots};
    }
  }
  return questions;
}

class ReferenceTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = DemoModelPath();
    if (path.empty()) GTEST_SKIP() << "the demo model is not here; deploy/setup fetches it";
    if (!std::filesystem::exists(kGolden)) {
      GTEST_SKIP() << "the reference outputs (" << kGolden << ") are not here";
    }
    const auto spec = InspectModel("demo", path);
    ASSERT_TRUE(spec.ok()) << spec.status();
    auto model = LoadModel(*spec, Precision::kFloat32);
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = std::move(*model);
    auto engine = Engine::Create(model_.language_model.get(), {});
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = std::move(*engine);
  }

  std::vector<int32_t> Encode(absl::string_view text) {
    return model_.tokenizer->Encode(text, true).value();
  }

  std::string Prompt(const Benchmark& benchmark, const ProtocolSpec& protocol,
                     const Question& question) {
    return FitPrompt(benchmark, protocol, question.item, question.shots,
                     [&](absl::string_view text) -> absl::StatusOr<int64_t> {
                       return static_cast<int64_t>(Encode(text).size());
                     })
        .value()
        .text;
  }

  std::map<uint64_t, Completion> RunAll() {
    std::vector<Completion> finished;
    while (engine_->HasWork()) {
      const absl::Status status = engine_->Step(&finished);
      if (!status.ok()) {
        ADD_FAILURE() << status;
        break;
      }
    }
    std::map<uint64_t, Completion> by_id;
    for (Completion& completion : finished) by_id[completion.id] = std::move(completion);
    return by_id;
  }

  // Whether the two continuations part where their tokens are about as probable as each other. An
  // end that only one of them has counts as the stop token.
  bool IsTie(std::vector<int32_t> prompt, std::vector<int32_t> a, std::vector<int32_t> b) {
    a.push_back(model_.stop_token_ids.front());
    b.push_back(model_.stop_token_ids.front());
    const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    prompt.insert(prompt.end(), a.begin(), ends.first);
    Request request;
    request.id = uint64_t{1} << 40;
    request.prompt = std::move(prompt);
    request.choices = {{*ends.first}, {*ends.second}};
    if (!engine_->Submit(std::move(request)).ok()) return false;
    const Completion completion = RunAll().begin()->second;
    const std::vector<double>& values = completion.choice_loglikelihoods;
    return std::abs(values[0] - values[1]) < kTie;
  }

  LoadedModel model_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(ReferenceTest, BbhTexts) {
  const Benchmark& bbh = **FindBenchmark("bbh");
  const ProtocolSpec& protocol = **bbh.FindProtocol("instructeval");
  const auto questions = Questions(bbh, protocol);
  const std::vector<nlohmann::json> golden = ReadLines(std::string(kGolden) + "bbh_fp32.jsonl");
  ASSERT_FALSE(golden.empty());
  std::vector<std::vector<int32_t>> prompts;
  for (size_t i = 0; i < golden.size(); ++i) {
    const std::vector<int32_t> prompt =
        Encode(Prompt(bbh, protocol, questions.at(golden[i]["id"])));
    prompts.push_back(prompt);
    EXPECT_EQ(prompt.size(), golden[i]["prompt_tokens"]) << golden[i]["id"];
    ASSERT_TRUE(engine_
                    ->Submit({.id = i,
                              .prompt = prompt,
                              .max_new_tokens = protocol.max_output,
                              .stop_token_ids = model_.stop_token_ids,
                              .choices = {}})
                    .ok());
  }
  const std::map<uint64_t, Completion> completions = RunAll();
  size_t ties = 0;
  for (size_t i = 0; i < golden.size(); ++i) {
    std::vector<int32_t> expected = golden[i]["token_ids"];
    // The reference lists the end token as well.
    while (!expected.empty() && expected.back() == model_.stop_token_ids.front()) {
      expected.pop_back();
    }
    const std::vector<int32_t>& ours = completions.at(i).token_ids;
    if (ours != expected) {
      ++ties;
      EXPECT_TRUE(IsTie(prompts[i], ours, expected)) << golden[i]["id"];
      continue;
    }
    const auto text = model_.tokenizer->Decode(ours, true);
    EXPECT_EQ(text.value(), golden[i]["text"]) << golden[i]["id"];
  }
  RecordProperty("ties", ties);
  EXPECT_LE(ties, golden.size() / 10) << "so many ties are no accident";
}

TEST_F(ReferenceTest, MmluLogLikelihoods) {
  const Benchmark& mmlu = **FindBenchmark("mmlu");
  const ProtocolSpec& protocol = **mmlu.FindProtocol("instructeval");
  const auto questions = Questions(mmlu, protocol);
  const std::vector<nlohmann::json> golden = ReadLines(std::string(kGolden) + "mmlu_fp32.jsonl");
  ASSERT_FALSE(golden.empty());
  std::vector<std::vector<int32_t>> greedy_choice;
  for (size_t i = 0; i < golden.size(); ++i) {
    const std::vector<int32_t> prompt =
        Encode(Prompt(mmlu, protocol, questions.at(golden[i]["id"])));
    EXPECT_EQ(prompt.size(), golden[i]["prompt_tokens"]) << golden[i]["id"];
    std::vector<std::vector<int32_t>> choices;
    for (const int32_t id : golden[i]["choice_token_ids"]) choices.push_back({id});
    choices.push_back({golden[i]["greedy_token"]});
    ASSERT_TRUE(engine_
                    ->Submit({.id = i,
                              .prompt = prompt,
                              .max_new_tokens = 0,
                              .stop_token_ids = {},
                              .choices = choices})
                    .ok());
  }
  const std::map<uint64_t, Completion> completions = RunAll();
  double largest = 0;
  for (size_t i = 0; i < golden.size(); ++i) {
    const std::vector<double>& ours = completions.at(i).choice_loglikelihoods;
    std::vector<double> expected = golden[i]["choice_loglikelihoods"];
    expected.push_back(golden[i]["greedy_logprob"]);
    ASSERT_EQ(ours.size(), expected.size());
    for (size_t k = 0; k < ours.size(); ++k) {
      EXPECT_NEAR(ours[k], expected[k], kTie) << golden[i]["id"] << " choice " << k;
      largest = std::max(largest, std::abs(ours[k] - expected[k]));
    }
  }
  RecordProperty("largest_difference", std::to_string(largest));
}

}  // namespace
}  // namespace assay
