// Llama against the logits that transformers gives (tests/golden/make_llama_golden.py), and against
// itself: batching, passes, copied blocks and threads must not change a bit.
#include "worker/model/llama.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "tests/support/checkpoint_builder.h"
#include "tests/unit/worker/model/expected_logits.h"
#include "tests/unit/worker/model/model_runner.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kWhole = std::numeric_limits<int64_t>::max();  // tokens a pass
constexpr Precision kPrecisions[] = {Precision::kFloat32, Precision::kBFloat16,
                                     Precision::kFloat16};

std::string GoldenFolder(const std::string& variant) {
  return absl::StrCat("tests/golden/llama/", variant);
}

json ReadExpected(const std::string& variant) {
  auto text = ReadFile(GoldenFolder(variant) + "/expected.json");
  EXPECT_TRUE(text.ok()) << text.status();
  return json::parse(*text);
}

std::vector<TokenIds> SequencesOf(const json& expected) {
  std::vector<TokenIds> sequences;
  for (const json& sequence : expected["sequences"]) {
    sequences.push_back(sequence["token_ids"].get<TokenIds>());
  }
  return sequences;
}

double LogSumExp(const Logits& logits) {
  double sum = 0;
  for (const float value : logits) sum += std::exp(static_cast<double>(value));
  return std::log(sum);
}

struct Errors {
  double greatest = 0;  // of a logit or a log-sum-exp
  double root_mean_square = 0;
};

Errors Compare(const json& expected, const std::vector<std::vector<Logits>>& logits) {
  Errors errors;
  int64_t count = 0;
  const auto add = [&](double wanted, double got) {
    const double error = std::abs(wanted - got);
    // Unlike std::max, this lets no NaN pass.
    if (!(error <= errors.greatest)) errors.greatest = error;
    errors.root_mean_square += error * error;
    ++count;
  };
  const auto entries = expected["entries"].get<std::vector<size_t>>();
  for (size_t i = 0; i < logits.size(); ++i) {
    for (const json& row : expected["sequences"][i]["rows"]) {
      const Logits& got = logits[i][row["position"].get<size_t>()];
      for (size_t entry = 0; entry < entries.size(); ++entry) {
        add(row["logits"][entry].get<double>(), static_cast<double>(got[entries[entry]]));
      }
      add(row["log_sum_exp"].get<double>(), LogSumExp(got));
    }
  }
  errors.root_mean_square = std::sqrt(errors.root_mean_square / static_cast<double>(count));
  return errors;
}

class LlamaGoldenTest : public testing::TestWithParam<const char*> {};

TEST_P(LlamaGoldenTest, GivesTheLogitsOfTransformers) {
  const json expected = ReadExpected(GetParam());
  const std::vector<TokenIds> sequences = SequencesOf(expected);
  const double spread = expected["spread"].get<double>();
  double greatest = 0, rounding = 0;
  for (const Precision precision : kPrecisions) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = LoadModelFrom(GoldenFolder(GetParam()), precision);
    ASSERT_NE(model, nullptr);
    const Errors errors = Compare(expected, RunSequences(*model, sequences, kWhole));
    if (precision == Precision::kFloat32) {
      greatest = errors.greatest / spread;
      EXPECT_LT(greatest, 1e-4);
      continue;
    }
    // The rounding of 16 bits: no more of it than transformers' own runs in this type have (0.3 to
    // 0.8 of theirs was measured, and single errors up to 5 times their root mean square).
    const double allowed = expected[absl::StrCat(PrecisionName(precision), "_error")].get<double>();
    EXPECT_LT(errors.root_mean_square, allowed);
    EXPECT_LT(errors.greatest, 8 * allowed);
    // Were nothing rounded, this would be a float32 run under another name.
    EXPECT_GT(errors.root_mean_square, allowed / 20);
    if (precision == Precision::kBFloat16) rounding = errors.root_mean_square / allowed;
  }
  std::printf("| llama_%s | %.1e | %.2f |\n", GetParam(), greatest, rounding);
}

TEST_P(LlamaGoldenTest, PassesAndBatchesDoNotChangeABit) {
  const std::vector<TokenIds> sequences = SequencesOf(ReadExpected(GetParam()));
  for (const Precision precision : kPrecisions) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = LoadModelFrom(GoldenFolder(GetParam()), precision);
    ASSERT_NE(model, nullptr);
    const auto together = RunSequences(*model, sequences, kWhole);
    // A token a time, stretches that cross blocks at odd places, whole blocks.
    for (const int64_t tokens : {1, 37, 64}) {
      SCOPED_TRACE(absl::StrCat(tokens, " tokens a pass"));
      const auto parts = RunSequences(*model, sequences, tokens);
      for (size_t i = 0; i < sequences.size(); ++i) ExpectSameBits(parts[i], together[i]);
    }
    for (size_t i = 0; i < sequences.size(); ++i) {
      SCOPED_TRACE(absl::StrCat("sequence ", i, " alone"));
      ExpectSameBits(RunSequences(*model, {sequences[i]}, kWhole)[0], together[i]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Llama, LlamaGoldenTest,
                         testing::Values("multi_head", "grouped_query", "multi_query", "wide_heads",
                                         "odd_heads", "many_heads", "untied_head", "biases",
                                         "uneven_sizes", "base", "linear", "dynamic", "llama3",
                                         "yarn", "yarn_settings"),
                         [](const auto& info) { return std::string(info.param); });

TEST(LlamaPassesTest, CopiedBlocksAreAsGoodAsComputedOnes) {
  constexpr int64_t kShared = 80;  // one whole block, and 16 tokens of the next
  const std::vector<TokenIds> sequences = SequencesOf(ReadExpected("grouped_query"));
  const TokenIds& first = sequences[2];
  TokenIds second(first.begin(), first.begin() + kShared);
  second.insert(second.end(), sequences[1].begin(), sequences[1].end());
  for (const Precision precision : kPrecisions) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = LoadModelFrom(GoldenFolder("grouped_query"), precision);
    ASSERT_NE(model, nullptr);
    const auto alone = RunSequences(*model, {first, second}, kWhole);

    // The shared tokens are computed by the first sequence in the very pass in which the second
    // reads them.
    const auto pool = MakePool(*model, 5);
    const int64_t first_rows = static_cast<int64_t>(first.size());
    const int64_t second_rows = static_cast<int64_t>(second.size()) - kShared;
    Batch batch;
    AddSlice(first, 0, first_rows, {0, 1, 2}, &batch);
    AddSlice(second, kShared, second_rows, {0, 3, 4}, &batch);
    batch.copies.push_back({.from = 1, .to = 3, .tokens = kShared - cpu::kBlockTokens});
    const std::vector<Logits> rows = RunBatch(*model, batch, pool.get());
    ASSERT_EQ(static_cast<int64_t>(rows.size()), first_rows + second_rows);
    ExpectSameBits({rows.begin(), rows.begin() + first_rows}, alone[0]);
    ExpectSameBits({rows.begin() + first_rows, rows.end()},
                   {alone[1].begin() + kShared, alone[1].end()});
  }
}

TEST(LlamaPassesTest, OnlyTheRowsAskedForAreReturned) {
  const TokenIds tokens = SequencesOf(ReadExpected("grouped_query"))[2];
  const auto model = LoadModelFrom(GoldenFolder("grouped_query"), Precision::kFloat32);
  ASSERT_NE(model, nullptr);
  const std::vector<Logits> all = RunSequences(*model, {tokens}, kWhole)[0];
  const auto pool = MakePool(*model, 3);
  Batch batch;
  AddSlice(tokens, 0, static_cast<int64_t>(tokens.size()), {2, 0, 1}, &batch);
  batch.output_rows = {0, 66, 149};
  ExpectSameBits(RunBatch(*model, batch, pool.get()), {all[0], all[66], all[149]});
  // A prompt's stretch that is not its last has none at all.
  batch.output_rows.clear();
  EXPECT_TRUE(RunBatch(*model, batch, pool.get()).empty());
}

TEST(LlamaPassesTest, WhatABlockHeldBeforeDoesNotMatter) {
  const std::vector<TokenIds> sequences = SequencesOf(ReadExpected("biases"));
  for (const Precision precision : kPrecisions) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = LoadModelFrom(GoldenFolder("biases"), precision);
    ASSERT_NE(model, nullptr);
    const auto pool = MakePool(*model, 3);
    const auto run = [&](const TokenIds& tokens) {
      Batch batch;
      AddSlice(tokens, 0, static_cast<int64_t>(tokens.size()), {2, 1, 0}, &batch);
      batch.fresh_blocks = {0, 1, 2};
      return RunBatch(*model, batch, pool.get());
    };
    const std::vector<Logits> fresh = run(sequences[0]);
    run(sequences[2]);
    ExpectSameBits(run(sequences[0]), fresh);
  }
}

TEST(LlamaPassesTest, TheNumberOfThreadsDoesNotMatter) {
  const std::vector<TokenIds> sequences = SequencesOf(ReadExpected("grouped_query"));
  const int threads = ThreadPool::Shared().threads();
  for (const Precision precision : kPrecisions) {
    SCOPED_TRACE(PrecisionName(precision));
    ThreadPool::SetThreads(1);
    const auto model = LoadModelFrom(GoldenFolder("grouped_query"), precision);
    ASSERT_NE(model, nullptr);
    const auto one = RunSequences(*model, sequences, kWhole);
    ThreadPool::SetThreads(3);
    const auto three = RunSequences(*model, sequences, kWhole);
    for (size_t i = 0; i < sequences.size(); ++i) ExpectSameBits(one[i], three[i]);
  }
  ThreadPool::SetThreads(threads);
}

class LlamaFormatsTest : public testing::Test {
 protected:
  LlamaFormatsTest() {
    std::string pattern = testing::TempDir() + "/llama_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~LlamaFormatsTest() override { fs::remove_all(folder_); }

  std::string folder_;
};

TEST_F(LlamaFormatsTest, FolderAndGgufGiveTheSameBits) {
  TokenIds tokens;
  for (int32_t i = 0; i < 90; ++i) tokens.push_back(i * 37 % 272);
  for (const TensorType type : {TensorType::kF32, TensorType::kF16, TensorType::kBF16}) {
    TinyLlamaOptions options;
    options.heads = 6;
    options.kv_heads = 3;
    options.head_dim = 12;
    options.intermediate = 80;
    options.attention_bias = true;
    options.mlp_bias = true;
    options.tie = type == TensorType::kF16;
    options.rope_theta = 500.0;
    if (type == TensorType::kF32) {
      options.rope_scaling = {{"rope_type", "linear"}, {"factor", 3.0}};
    } else if (type == TensorType::kBF16) {
      options.rope_scaling = {
          {"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 32}};
    }
    options.type = type;
    const std::string folder = absl::StrCat(folder_, "/", static_cast<int>(type));
    ASSERT_TRUE(WriteTinyLlama(folder, options).ok());
    ASSERT_TRUE(WriteTinyLlamaGguf(folder + ".gguf", options).ok());
    for (const Precision precision : kPrecisions) {
      SCOPED_TRACE(absl::StrCat(Info(type).name, " run as ", PrecisionName(precision)));
      const auto folder_model = LoadModelFrom(folder, precision);
      const auto gguf_model = LoadModelFrom(folder + ".gguf", precision);
      ASSERT_TRUE(folder_model != nullptr && gguf_model != nullptr);
      ExpectSameBits(RunSequences(*folder_model, {tokens}, kWhole)[0],
                     RunSequences(*gguf_model, {tokens}, kWhole)[0]);
    }
  }
}

// A GGUF file has the numbers that llama3's scaling divides the frequencies by, not its settings.
TEST_F(LlamaFormatsTest, Llama3sScalingIsTheSameInGguf) {
  TokenIds tokens;
  for (int32_t i = 0; i < 130; ++i) tokens.push_back(i * 37 % 272);
  TinyLlamaOptions options;
  options.rope_scaling = {{"rope_type", "llama3"},
                          {"factor", 8.0},
                          {"low_freq_factor", 1.0},
                          {"high_freq_factor", 4.0},
                          {"original_max_position_embeddings", 64}};
  ASSERT_TRUE(WriteTinyLlama(folder_, options).ok());
  ASSERT_TRUE(WriteTinyLlamaGguf(folder_ + "/model.gguf", options).ok());
  const auto folder_model = LoadModelFrom(folder_, Precision::kFloat32);
  const auto gguf_model = LoadModelFrom(folder_ + "/model.gguf", Precision::kFloat32);
  ASSERT_TRUE(folder_model != nullptr && gguf_model != nullptr);
  const Logits one = RunSequences(*folder_model, {tokens}, kWhole)[0].back();
  const Logits other = RunSequences(*gguf_model, {tokens}, kWhole)[0].back();
  EXPECT_THAT(one, testing::Pointwise(testing::FloatNear(2e-4f), other));
}

TEST_F(LlamaFormatsTest, TheStoredTypeDoesNotMatterWhereItHoldsTheSameValues) {
  std::vector<std::vector<Logits>> results;
  for (const TensorType type : {TensorType::kF32, TensorType::kF16, TensorType::kBF16}) {
    TinyLlamaOptions options;
    options.type = type;
    const std::string folder = absl::StrCat(folder_, "/", static_cast<int>(type));
    ASSERT_TRUE(WriteTinyLlama(folder, options).ok());
    const auto model = LoadModelFrom(folder, Precision::kBFloat16);
    ASSERT_NE(model, nullptr);
    results.push_back(RunSequences(*model, {{1, 2, 3, 5, 8, 13}}, kWhole)[0]);
  }
  ExpectSameBits(results[0], results[1]);
  ExpectSameBits(results[0], results[2]);
}

TEST(LlamaTest, TellsWhatTheEngineNeeds) {
  for (const Precision precision : kPrecisions) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = LoadModelFrom(GoldenFolder("odd_heads"), precision);
    ASSERT_NE(model, nullptr);
    EXPECT_EQ(model->vocabulary_size(), 160);
    EXPECT_EQ(model->context_length(), 256);
    EXPECT_EQ(model->kv_layout().layers, 2);
    EXPECT_EQ(model->kv_layout().kv_heads, 1);
    EXPECT_EQ(model->kv_layout().head_size, 20);
    EXPECT_EQ(model->kv_layout().precision, precision);
    // In panels of 32 columns, the depth a multiple of 32: 160 × 36 of the embedding, and of each
    // layer 5 heads of 20 × 36 (queries, key, value; each in panels of its own), 36 × 60, 2 × 64 ×
    // 36 and 36 × 64.
    const int64_t values = 160 * 64 + 2 * (160 * 64 + 64 * 64 + 128 * 64 + 64 * 64);
    EXPECT_EQ(model->weight_bytes(), values * (precision == Precision::kFloat32 ? 4 : 2));
  }
}

}  // namespace
}  // namespace assay
