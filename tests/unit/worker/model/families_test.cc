// Every family against the logits and greedy outputs that transformers gives
// (tests/golden/make_families.py), and against itself: batching, passes, shared prefixes and
// threads must not change a bit. Prints the table of docs/models.md.
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
using testing::HasSubstr;

constexpr int64_t kWhole = std::numeric_limits<int64_t>::max();  // tokens a pass
constexpr char kFolder[] = "tests/golden/families";

std::vector<std::string> Variants() {
  std::vector<std::string> variants;
  std::error_code error;
  for (fs::directory_iterator entry(kFolder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    // Encoder-decoders have a test of their own.
    if (!name.starts_with("t5")) variants.push_back(name);
  }
  std::sort(variants.begin(), variants.end());
  return variants;
}

class FamiliesTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto text = ReadFile(Path("expected.json"));
    ASSERT_TRUE(text.ok()) << text.status();
    expected_ = json::parse(*text);
    for (const json& sequence : expected_["sequences"]) {
      sequences_.push_back(sequence["token_ids"].get<TokenIds>());
    }
  }

  std::string Folder() const { return absl::StrCat(kFolder, "/", GetParam()); }
  std::string Path(absl::string_view name) const { return absl::StrCat(Folder(), "/", name); }
  std::unique_ptr<CausalLm> Load(Precision precision) const {
    return LoadModelFrom(Folder(), precision);
  }

  std::pair<double, double> Errors(const std::vector<std::vector<Logits>>& logits) const {
    return ErrorsOf(logits, expected_);
  }

  json expected_;
  std::vector<TokenIds> sequences_;
};

INSTANTIATE_TEST_SUITE_P(All, FamiliesTest, testing::ValuesIn(Variants()),
                         [](const auto& info) { return info.param; });

TEST_P(FamiliesTest, GivesTheLogitsOfTransformers) {
  const auto exact = Load(Precision::kFloat32);
  ASSERT_NE(exact, nullptr);
  const double spread = expected_["spread"].get<double>();
  const auto [greatest, unused] = Errors(RunSequences(*exact, sequences_, kWhole));
  EXPECT_LT(greatest / spread, 1e-4);

  // The rounding of 16 bits, no more of it than transformers' own run has.
  const double allowed = expected_["bfloat16_error"].get<double>();
  const auto rounded = Load(Precision::kBFloat16);
  ASSERT_NE(rounded, nullptr);
  const double error = Errors(RunSequences(*rounded, sequences_, kWhole)).second;
  EXPECT_LT(error, allowed);
  EXPECT_GT(error, allowed / 20);
  std::printf("| %s | %.1e | %.2f |\n", GetParam().c_str(), greatest / spread, error / allowed);
}

TEST_P(FamiliesTest, GreedyOutputsAreThoseOfTransformers) {
  const auto model = Load(Precision::kFloat32);
  ASSERT_NE(model, nullptr);
  for (size_t i = 0; i < sequences_.size(); ++i) {
    const TokenIds wanted = expected_["sequences"][i]["greedy"].get<TokenIds>();
    TokenIds tokens = sequences_[i];
    tokens.insert(tokens.end(), wanted.begin(), wanted.end());
    // Token by token, as decoding computes them.
    const std::vector<Logits> logits = RunSequences(*model, {tokens}, 1)[0];
    EXPECT_EQ(GreedyBehind(logits, sequences_[i].size() - 1), wanted) << "sequence " << i;
  }
}

TEST_P(FamiliesTest, PassesBatchesAndThreadsDoNotChangeABit) {
  const int threads = ThreadPool::Shared().threads();
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16, Precision::kFloat16,
                                    Precision::kInt8, Precision::kLlmInt8}) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = Load(precision);
    ASSERT_NE(model, nullptr);
    const auto together = RunSequences(*model, sequences_, kWhole);
    for (const int64_t tokens : {1, 37, 64}) {
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

TEST_P(FamiliesTest, SharedPrefixesAreAsGoodAsComputedOnes) {
  const TokenIds& first = sequences_[4];
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    SCOPED_TRACE(PrecisionName(precision));
    const auto model = Load(precision);
    ASSERT_NE(model, nullptr);
    const int64_t prefix = PrefixOf(*model, first);
    // Whole blocks, and 16 tokens of the next.
    const int64_t shared = cpu::RoundUp(std::max<int64_t>(prefix, 64), cpu::kBlockTokens) + 16;
    TokenIds second(first.begin(), first.begin() + shared);
    second.insert(second.end(), sequences_[3].begin(), sequences_[3].end());
    const auto alone = RunSequences(*model, {first, second}, kWhole);
    const auto pool = MakePool(*model, 10);
    const int64_t first_rows = static_cast<int64_t>(first.size());
    const int64_t second_rows = static_cast<int64_t>(second.size()) - shared;
    const int32_t partial = static_cast<int32_t>(shared / cpu::kBlockTokens);
    const std::vector<int32_t> first_blocks = {0, 1, 2, 3, 4};
    std::vector<int32_t> second_blocks(first_blocks.begin(), first_blocks.begin() + partial);
    second_blocks.insert(second_blocks.end(), {5, 6, 7, 8});
    Batch batch;
    AddSlice(first, 0, first_rows, first_blocks, &batch, prefix);
    AddSlice(second, shared, second_rows, second_blocks, &batch, prefix);
    int32_t source = partial;
    if (model->kv_layout().recurrent()) {
      source = 9;
      batch.slices.front().snapshots = {{.rows = shared, .block = source}};
    }
    batch.copies.push_back({.from = source, .to = 5, .tokens = 16});
    const std::vector<Logits> rows = RunBatch(*model, batch, pool.get());
    ASSERT_EQ(static_cast<int64_t>(rows.size()), first_rows + second_rows);
    ExpectSameBits({rows.begin(), rows.begin() + first_rows}, alone[0]);
    ExpectSameBits({rows.begin() + first_rows, rows.end()},
                   {alone[1].begin() + shared, alone[1].end()});
  }
}

// As a user adds it: with a tokenizer, by the ways that the service takes.
TEST_P(FamiliesTest, RunsFromItsFolder) {
  std::string pattern = testing::TempDir() + "/families_test.XXXXXX";
  const std::string folder = fs::canonical(mkdtemp(pattern.data())).string();
  fs::copy(Folder(), folder, fs::copy_options::recursive);
  ASSERT_TRUE(WriteFile(folder + "/tokenizer.json", TinyTokenizer().dump()).ok());
  const auto spec = InspectModel("tiny", folder);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->architecture,
            json::parse(*ReadFile(folder + "/config.json"))["model_type"].get<std::string>());
  EXPECT_GT(spec->parameters, 1000);
  const auto model = LoadModel(*spec, Precision::kFloat32);
  EXPECT_TRUE(model.ok()) << model.status();
  fs::remove_all(folder);
}

// The tensors of a safetensors file, apart from one or with another shape of it.
void Rewrite(const std::string& path, const std::string& tensor, bool remove) {
  std::string bytes = *ReadFile(path);
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  json header = json::parse(bytes.substr(8, length));
  json entry = header[tensor];
  header.erase(tensor);
  if (remove) {
    header[tensor + ".unknown"] = entry;  // files without gaps are wanted
  } else {
    entry["shape"].insert(entry["shape"].begin(), 1);
    header[tensor] = entry;
  }
  ASSERT_TRUE(WriteFile(path, RawSafetensors(header.dump(), bytes.substr(8 + length))).ok());
}

TEST_P(FamiliesTest, MissingAndMisshapenTensorsAreNamed) {
  const std::string bytes = *ReadFile(Path("model.safetensors"));
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const json header = json::parse(bytes.substr(8, length));
  std::string pattern = testing::TempDir() + "/families_test.XXXXXX";
  const std::string folder = fs::canonical(mkdtemp(pattern.data())).string();
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    for (const bool remove : {true, false}) {
      fs::copy(Folder(), folder,
               fs::copy_options::recursive | fs::copy_options::overwrite_existing);
      Rewrite(folder + "/model.safetensors", name, remove);
      const auto checkpoint = Checkpoint::Open(folder);
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
      const auto description = DescribeModel(**checkpoint);
      ASSERT_TRUE(description.ok()) << description.status();
      const absl::Status status = (*description)->Load(**checkpoint, Precision::kFloat32).status();
      EXPECT_FALSE(status.ok()) << name;
      EXPECT_THAT(std::string(status.message()), HasSubstr(name.substr(name.find('.') + 1)));
    }
  }
  fs::remove_all(folder);
}

TEST(FamiliesTableTest, ThereAreFortyVariants) { EXPECT_GE(Variants().size(), 40u); }

TEST(FamiliesTableTest, TheDocsShowEachVariant) {
  const std::string docs = ReadFile("docs/models.md").value();
  const auto expect_rows = [&docs](absl::string_view folder, absl::string_view prefix) {
    for (const auto& entry : fs::directory_iterator(absl::StrCat("tests/golden/", folder))) {
      const std::string name = absl::StrCat(prefix, entry.path().filename().string());
      EXPECT_THAT(docs, HasSubstr(absl::StrCat("\n| ", name, " | ")));
    }
  };
  expect_rows("families", "");
  expect_rows("llama", "llama_");
  expect_rows("quantized", "");
}

}  // namespace
}  // namespace assay
