// The T5 family against the logits and greedy outputs that transformers gives
// (tests/golden/make_t5.py), and against itself: batching, passes, shared prompts and threads must
// not change a bit. Prints its part of the table of docs/models.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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
#include "tests/unit/worker/model/pair_runner.h"
#include "worker/layers/relative_bias.h"
#include "worker/layers/thread_pool.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

constexpr int64_t kWhole = std::numeric_limits<int64_t>::max();  // tokens a pass
constexpr char kFolder[] = "tests/golden/families";

std::vector<std::string> Variants() {
  std::vector<std::string> variants;
  std::error_code error;
  for (fs::directory_iterator entry(kFolder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("t5")) variants.push_back(name);
  }
  std::sort(variants.begin(), variants.end());
  return variants;
}

class T5FamiliesTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto text = ReadFile(Folder() + "/expected.json");
    ASSERT_TRUE(text.ok()) << text.status();
    expected_ = json::parse(*text);
    for (const json& sequence : expected_["sequences"]) {
      pairs_.push_back({sequence["prompt"].get<TokenIds>(), sequence["token_ids"].get<TokenIds>()});
    }
  }

  std::string Folder() const { return absl::StrCat(kFolder, "/", GetParam()); }
  std::unique_ptr<CausalLm> Load(Precision precision) const {
    return LoadModelFrom(Folder(), precision);
  }

  std::pair<double, double> Errors(const std::vector<std::vector<Logits>>& logits) const {
    return ErrorsOf(logits, expected_);
  }

  json expected_;
  std::vector<Pair> pairs_;
};

INSTANTIATE_TEST_SUITE_P(All, T5FamiliesTest, testing::ValuesIn(Variants()),
                         [](const auto& info) { return info.param; });

TEST_P(T5FamiliesTest, GivesTheLogitsOfTransformers) {
  const auto exact = Load(Precision::kFloat32);
  ASSERT_NE(exact, nullptr);
  EXPECT_EQ(exact->decoder_start_token(), 0);
  const double spread = expected_["spread"].get<double>();
  const double greatest = Errors(RunPairs(*exact, pairs_, kWhole)).first;
  EXPECT_LT(greatest / spread, 1e-4);

  // The rounding of 16 bits, no more of it than transformers' own run has.
  const double allowed = expected_["bfloat16_error"].get<double>();
  const auto rounded = Load(Precision::kBFloat16);
  ASSERT_NE(rounded, nullptr);
  const double error = Errors(RunPairs(*rounded, pairs_, kWhole)).second;
  EXPECT_LT(error, allowed);
  EXPECT_GT(error, allowed / 20);
  std::printf("| %s | %.1e | %.2f |\n", GetParam().c_str(), greatest / spread, error / allowed);
}

// transformers' own float16 run of T5 overflows where a matrix is not kept in float32.
TEST_P(T5FamiliesTest, Float16HasRoomForTheFeedForwardLayers) {
  const auto model = Load(Precision::kFloat16);
  ASSERT_NE(model, nullptr);
  EXPECT_LT(Errors(RunPairs(*model, pairs_, kWhole)).second,
            expected_["bfloat16_error"].get<double>() / 2);
}

TEST_P(T5FamiliesTest, GreedyOutputsAreThoseOfTransformers) {
  const auto model = Load(Precision::kFloat32);
  ASSERT_NE(model, nullptr);
  for (size_t i = 0; i < pairs_.size(); ++i) {
    const TokenIds wanted = expected_["sequences"][i]["greedy"].get<TokenIds>();
    Pair pair = pairs_[i];
    const size_t given = pair.output.size();
    pair.output.insert(pair.output.end(), wanted.begin(), wanted.end());
    // Token by token, as decoding computes them.
    const std::vector<Logits> logits = RunPairs(*model, {pair}, 1)[0];
    EXPECT_EQ(GreedyBehind(logits, given - 1), wanted) << "sequence " << i;
  }
}

TEST_P(T5FamiliesTest, PassesBatchesAndThreadsDoNotChangeABit) {
  const int threads = ThreadPool::Shared().threads();
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16, Precision::kFloat16,
                                    Precision::kInt8, Precision::kLlmInt8}) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = Load(precision);
    ASSERT_NE(model, nullptr);
    const auto together = RunPairs(*model, pairs_, kWhole);
    for (const int64_t tokens : {1, 37, 64}) {
      SCOPED_TRACE(absl::StrCat(tokens, " tokens a pass"));
      const auto parts = RunPairs(*model, pairs_, tokens);
      for (size_t i = 0; i < pairs_.size(); ++i) ExpectSameBits(parts[i], together[i]);
    }
    ThreadPool::SetThreads(3);
    for (size_t i = 0; i < pairs_.size(); ++i) {
      ExpectSameBits(RunPairs(*model, {pairs_[i]}, kWhole)[0], together[i]);
    }
    ThreadPool::SetThreads(threads);
  }
}

// Outputs to one prompt: its blocks are there once, and what the outputs have in common too.
TEST_P(T5FamiliesTest, SharedPromptsAndPrefixesAreAsGoodAsComputedOnes) {
  constexpr int64_t kShared = 80;  // one whole block, and 16 tokens of the next
  const TokenIds& prompt = pairs_[3].prompt;
  const TokenIds& first = pairs_[4].output;
  TokenIds second(first.begin(), first.begin() + kShared);
  second.insert(second.end(), pairs_[3].output.begin(), pairs_[3].output.end());
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = Load(precision);
    ASSERT_NE(model, nullptr);
    const auto alone = RunPairs(*model, {{prompt, first}, {prompt, second}}, kWhole);
    const auto pool = MakePool(*model, 10);
    const std::vector<int32_t> prompt_blocks = {9, 7, 8};
    const int64_t first_rows = static_cast<int64_t>(first.size());
    Batch batch;
    batch.prompts.push_back({prompt, prompt_blocks});
    AddDecoderSlice(prompt, prompt_blocks, first, 0, first_rows, {0, 1, 2}, &batch);
    AddDecoderSlice(prompt, prompt_blocks, second, kShared,
                    static_cast<int64_t>(second.size()) - kShared, {0, 3, 4}, &batch);
    batch.copies.push_back({.from = 1, .to = 3, .tokens = kShared - cpu::kBlockTokens});
    const std::vector<Logits> rows = RunBatch(*model, batch, pool.get());
    ExpectSameBits({rows.begin(), rows.begin() + first_rows}, alone[0]);
    ExpectSameBits({rows.begin() + first_rows, rows.end()},
                   {alone[1].begin() + kShared, alone[1].end()});
  }
}

// As a user adds it: with a tokenizer, by the ways that the service takes.
TEST_P(T5FamiliesTest, RunsFromItsFolder) {
  std::string pattern = testing::TempDir() + "/t5_test.XXXXXX";
  const std::string folder = fs::canonical(mkdtemp(pattern.data())).string();
  fs::copy(Folder(), folder, fs::copy_options::recursive);
  ASSERT_TRUE(WriteFile(folder + "/tokenizer.json", TinyTokenizer().dump()).ok());
  const auto spec = InspectModel("tiny", folder);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->architecture,
            json::parse(*ReadFile(folder + "/config.json"))["model_type"].get<std::string>());
  const auto model = LoadModel(*spec, Precision::kFloat32);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->stop_token_ids, TokenIds{1});
  fs::remove_all(folder);
}

// The file without one tensor, or with another shape of it.
void Rewrite(const std::string& bytes, const std::string& tensor, bool remove,
             const std::string& path) {
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  json header = json::parse(bytes.substr(8, length));
  json entry = header[tensor];
  header.erase(tensor);
  if (!remove) entry["shape"].insert(entry["shape"].begin(), 1);
  header[remove ? tensor + ".unknown" : tensor] = entry;  // files without gaps are wanted
  ASSERT_TRUE(WriteFile(path, RawSafetensors(header.dump(), bytes.substr(8 + length))).ok());
}

TEST_P(T5FamiliesTest, MissingAndMisshapenTensorsAreNamed) {
  const std::string bytes = *ReadFile(Folder() + "/model.safetensors");
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const json header = json::parse(bytes.substr(8, length));
  std::string pattern = testing::TempDir() + "/t5_test.XXXXXX";
  const std::string folder = fs::canonical(mkdtemp(pattern.data())).string();
  fs::copy(Folder(), folder, fs::copy_options::recursive);
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    for (const bool remove : {true, false}) {
      Rewrite(bytes, name, remove, folder + "/model.safetensors");
      const auto checkpoint = Checkpoint::Open(folder);
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
      const auto description = DescribeModel(**checkpoint);
      ASSERT_TRUE(description.ok()) << description.status();
      const absl::Status status = (*description)->Load(**checkpoint, Precision::kFloat32).status();
      EXPECT_FALSE(status.ok()) << name;
      // The embedding has several names, of which the first is asked for.
      EXPECT_THAT(
          std::string(status.message()),
          HasSubstr(remove && name.ends_with("embed_tokens.weight") ? "shared.weight" : name));
    }
  }
  fs::remove_all(folder);
}

class T5ConfigTest : public testing::Test {
 protected:
  T5ConfigTest() {
    std::string pattern = testing::TempDir() + "/t5_test.XXXXXX";
    folder_ = fs::canonical(mkdtemp(pattern.data())).string();
    fs::copy(absl::StrCat(kFolder, "/t5_gated"), folder_, fs::copy_options::recursive);
  }
  ~T5ConfigTest() override { fs::remove_all(folder_); }

  // What a config with these fields in place of its own is described as.
  absl::Status Describe(const json& changes) {
    json config = json::parse(*ReadFile(absl::StrCat(kFolder, "/t5_gated/config.json")));
    config.merge_patch(changes);
    EXPECT_TRUE(WriteFile(folder_ + "/config.json", config.dump()).ok());
    const auto checkpoint = Checkpoint::Open(folder_);
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    const auto description = DescribeModel(**checkpoint);
    if (!description.ok()) return description.status();
    return (*description)->CheckTensors(**checkpoint).status();
  }

  std::string folder_;
};

TEST_F(T5ConfigTest, RefusesWhatItCannotComputeByName) {
  EXPECT_TRUE(Describe(json::object()).ok());
  for (const auto& [changes, field] : std::vector<std::pair<json, std::string>>{
           {{{"is_encoder_decoder", false}}, "is_encoder_decoder"},
           {{{"feed_forward_proj", "gated-mish"}}, "feed_forward_proj"},
           {{{"feed_forward_proj", "gated"}}, "feed_forward_proj"},
           {{{"d_kv", 1 << 20}}, "d_kv"},
           {{{"d_model", 0}}, "d_model"},
           {{{"num_heads", 1 << 13}}, "num_heads"},
           {{{"num_layers", 1 << 20}}, "num_layers"},
           {{{"relative_attention_num_buckets", 2}}, "relative_attention_num_buckets"},
           {{{"relative_attention_max_distance", 7}}, "relative_attention_max_distance"},
           {{{"decoder_start_token_id", 271}}, "decoder_start_token_id"},
           {{{"decoder_start_token_id", nullptr}, {"pad_token_id", nullptr}},
            "decoder_start_token_id"}}) {
    const absl::Status status = Describe(changes);
    EXPECT_FALSE(status.ok()) << changes;
    EXPECT_THAT(std::string(status.message()), HasSubstr(field)) << changes;
  }
}

// Files that call all of their weights tied say otherwise that the head is a matrix of its own.
TEST_F(T5ConfigTest, AStoredHeadIsTheHead) {
  const auto logits = [&] {
    const auto model = LoadModelFrom(folder_, Precision::kFloat32);
    return RunPairs(*model, {{{5, 6, 7}, {0, 9}}}, kWhole)[0];
  };
  ASSERT_TRUE(Describe(json::object()).ok());
  const auto expected = logits();
  ASSERT_TRUE(Describe({{"tie_word_embeddings", true}, {"scale_decoder_outputs", false}}).ok());
  ExpectSameBits(logits(), expected);
}

// By the formula of the reference, in Python:
// tests/golden/make_t5.py's transformers, T5Attention._relative_position_bucket.
TEST(RelativeBucketsTest, NearDistancesHaveTheirOwnAndFarOnesShare) {
  const RelativeBuckets both = {32, 128, true};
  const RelativeBuckets before = {32, 128, false};
  const auto buckets = [](const RelativeBuckets& of, std::vector<int64_t> distances) {
    for (int64_t& distance : distances) distance = of.BucketOf(distance);
    return distances;
  };
  EXPECT_EQ(buckets(both, {0, -1, -7, -8, -11, -12, -16, -23, -64, -127, -128, -5000}),
            (std::vector<int64_t>{0, 1, 7, 8, 8, 9, 10, 11, 14, 15, 15, 15}));
  EXPECT_EQ(buckets(both, {1, 7, 8, 128}), (std::vector<int64_t>{17, 23, 24, 31}));
  EXPECT_EQ(buckets(before, {5, 0, -1, -15, -16, -18, -19, -113, -5000}),
            (std::vector<int64_t>{0, 0, 1, 15, 16, 16, 17, 31, 31}));
}

// Ids and texts as transformers' tokenizer gives them; an end of sequence is behind each text.
TEST(T5TokenizerTest, GivesTheIdsOfTransformers) {
  const std::string folder = absl::StrCat(kFolder, "/t5_gated");
  const auto tokenizer = Tokenizer::FromFolder(folder);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  for (const json& entry : json::parse(*ReadFile(folder + "/tokenizer_expected.json"))) {
    const std::string text = entry["text"];
    const auto ids = (*tokenizer)->Encode(text, true);
    ASSERT_TRUE(ids.ok()) << ids.status();
    EXPECT_EQ(*ids, entry["token_ids"].get<TokenIds>()) << text;
    const auto decoded = (*tokenizer)->Decode(*ids, true);
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, entry["decoded"].get<std::string>());
  }
}

TEST(T5FamiliesTableTest, ThereAreFiveVariants) { EXPECT_GE(Variants().size(), 5u); }

}  // namespace
}  // namespace assay
