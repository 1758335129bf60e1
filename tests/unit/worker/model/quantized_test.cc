// Models in quantized formats against the logits of the weights that they stand for
// (tests/golden/make_quantized_folders.py), and against themselves: batches, passes and threads
// must not change a bit.
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
#include "worker/layers/thread_pool.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t kWhole = std::numeric_limits<int64_t>::max();  // tokens a pass
constexpr char kFolder[] = "tests/golden/quantized";

std::vector<std::string> Variants() {
  std::vector<std::string> variants;
  std::error_code error;
  for (fs::directory_iterator entry(kFolder, error), end; !error && entry != end;
       entry.increment(error)) {
    variants.push_back(entry->path().filename().string());
  }
  std::sort(variants.begin(), variants.end());
  return variants;
}

class QuantizedTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto text = ReadFile(absl::StrCat(Folder(), "/expected.json"));
    ASSERT_TRUE(text.ok()) << text.status();
    expected_ = json::parse(*text);
    for (const json& sequence : expected_["sequences"]) {
      sequences_.push_back(sequence["token_ids"].get<TokenIds>());
    }
  }

  std::string Folder() const { return absl::StrCat(kFolder, "/", GetParam()); }

  // The logits that are expected less those that are there; logits of the golden rows only.
  std::vector<double> Differences(const std::vector<std::vector<Logits>>& logits) const {
    const auto entries = expected_["entries"].get<std::vector<size_t>>();
    std::vector<double> differences;
    for (size_t i = 0; i < logits.size(); ++i) {
      for (const json& row : expected_["sequences"][i]["rows"]) {
        const Logits& got = logits[i][row["position"].get<size_t>()];
        for (size_t entry = 0; entry < entries.size(); ++entry) {
          differences.push_back(row["logits"][entry].get<double>() -
                                static_cast<double>(got[entries[entry]]));
        }
      }
    }
    return differences;
  }

  json expected_;
  std::vector<TokenIds> sequences_;
};

INSTANTIATE_TEST_SUITE_P(All, QuantizedTest, testing::ValuesIn(Variants()),
                         [](const auto& info) { return info.param; });

double RootMeanSquare(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

TEST_P(QuantizedTest, GivesTheLogitsOfTheWeightsThatItStandsFor) {
  const auto exact = LoadModelFrom(Folder(), Precision::kFloat32);
  ASSERT_NE(exact, nullptr);
  const double spread = expected_["spread"].get<double>();
  double greatest = 0;
  for (const double difference : Differences(RunSequences(*exact, sequences_, kWhole))) {
    if (!(std::abs(difference) <= greatest)) greatest = std::abs(difference);
  }
  EXPECT_LT(greatest / spread, 1e-4);

  const double allowed = expected_["bfloat16_error"].get<double>();
  const auto rounded = LoadModelFrom(Folder(), Precision::kBFloat16);
  ASSERT_NE(rounded, nullptr);
  const double error = RootMeanSquare(Differences(RunSequences(*rounded, sequences_, kWhole)));
  EXPECT_LT(error, allowed);

  // LLM.int8() quantizes the inputs as well.
  const auto eight = LoadModelFrom(Folder(), Precision::kLlmInt8);
  ASSERT_NE(eight, nullptr);
  const double eight_error = RootMeanSquare(Differences(RunSequences(*eight, sequences_, kWhole)));
  EXPECT_LT(eight_error / spread, 0.1);
  EXPECT_GT(eight_error / spread, 1e-4);
  std::printf("| %s | %.1e | %.2f | %.1e |\n", GetParam().c_str(), greatest / spread,
              error / allowed, eight_error / spread);
}

TEST_P(QuantizedTest, GreedyOutputsAreThoseOfTheWeightsThatItStandsFor) {
  const auto model = LoadModelFrom(Folder(), Precision::kFloat32);
  ASSERT_NE(model, nullptr);
  for (size_t i = 0; i < sequences_.size(); ++i) {
    const TokenIds wanted = expected_["sequences"][i]["greedy"].get<TokenIds>();
    TokenIds tokens = sequences_[i];
    tokens.insert(tokens.end(), wanted.begin(), wanted.end());
    const std::vector<Logits> logits = RunSequences(*model, {tokens}, 1)[0];
    EXPECT_EQ(GreedyBehind(logits, sequences_[i].size() - 1), wanted) << "sequence " << i;
  }
}

TEST_P(QuantizedTest, PassesBatchesAndThreadsDoNotChangeABit) {
  const int threads = ThreadPool::Shared().threads();
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16, Precision::kFloat16,
                                    Precision::kInt8, Precision::kLlmInt8}) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = LoadModelFrom(Folder(), precision);
    ASSERT_NE(model, nullptr);
    const auto together = RunSequences(*model, sequences_, kWhole);
    std::vector<int64_t> sizes = {37};
    if (precision == Precision::kFloat32 || precision == Precision::kLlmInt8) sizes.push_back(1);
    for (const int64_t tokens : sizes) {
      SCOPED_TRACE(absl::StrCat(tokens, " tokens a pass"));
      const auto parts = RunSequences(*model, sequences_, tokens);
      for (size_t i = 0; i < sequences_.size(); ++i) ExpectSameBits(parts[i], together[i]);
    }
    ThreadPool::SetThreads(3);
    for (size_t i = 0; i < sequences_.size(); ++i) {
      ExpectSameBits(RunSequences(*model, {sequences_[i]}, kWhole)[0], together[i]);
    }
    ThreadPool::SetThreads(threads);
  }
}

// As a user adds it.
TEST_P(QuantizedTest, RunsFromItsFolder) {
  std::string pattern = testing::TempDir() + "/quantized_test.XXXXXX";
  const std::string folder = fs::canonical(mkdtemp(pattern.data())).string();
  fs::copy(Folder(), folder, fs::copy_options::recursive);
  ASSERT_TRUE(WriteFile(folder + "/tokenizer.json", TinyTokenizer().dump()).ok());
  const auto spec = InspectModel("tiny", folder);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_GT(spec->parameters, 30000);
  EXPECT_THAT(spec->stored_type, testing::ContainsRegex("GPTQ|AWQ|LLM.int8|NF4|FP4"));
  const auto model = LoadModel(*spec, Precision::kBFloat16);
  EXPECT_TRUE(model.ok()) << model.status();
  fs::remove_all(folder);
}

TEST(QuantizedTableTest, ThereAreAllFormats) { EXPECT_GE(Variants().size(), 16u); }

}  // namespace
}  // namespace assay
