// LoRA adapters against the logits that peft gives, unmerged, in float32
// (tests/golden/make_lora.py). Prints each variant's largest difference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
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
#include "tests/unit/worker/model/model_runner.h"
#include "tests/unit/worker/model/pair_runner.h"
#include "worker/model/loaded_model.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

constexpr char kFolder[] = "tests/golden/lora";

std::vector<std::string> Variants() {
  std::vector<std::string> variants;
  std::error_code error;
  for (fs::directory_iterator entry(kFolder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename() != "bases") variants.push_back(entry->path().filename().string());
  }
  std::sort(variants.begin(), variants.end());
  return variants;
}

class LoraTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto text = ReadFile(absl::StrCat(Folder(), "/expected.json"));
    ASSERT_TRUE(text.ok()) << text.status();
    expected_ = json::parse(*text);
  }
  std::string Folder() const { return absl::StrCat(kFolder, "/", GetParam()); }
  std::string Base() const {
    return absl::StrCat("tests/golden/", expected_["base"].get<std::string>());
  }
  // The logits of every position.
  std::vector<Logits> Run(CausalLm& model, const TokenIds& tokens) const {
    constexpr int64_t kWhole = std::numeric_limits<int64_t>::max();  // tokens a pass
    if (!expected_.contains("prompt")) return RunSequences(model, {tokens}, kWhole)[0];
    const std::vector<Pair> pairs = {{expected_["prompt"].get<TokenIds>(), tokens}};
    return RunPairs(model, pairs, kWhole)[0];
  }
  // Of the logits of a whole model or of an adapter on its base, relative to the base's spread.
  double GreatestError(CausalLm& model) const {
    const auto tokens = expected_["token_ids"].get<TokenIds>();
    const std::vector<Logits> logits = Run(model, tokens);
    double greatest = 0;
    for (size_t row = 0; row < expected_["positions"].size(); ++row) {
      const Logits& got = logits[expected_["positions"][row].get<size_t>()];
      const auto wanted = expected_["logits"][row].get<std::vector<float>>();
      EXPECT_EQ(got.size(), wanted.size());
      for (size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
        const double error = std::abs(got[i] - wanted[i]);
        if (!(error <= greatest)) greatest = error;
      }
    }
    return greatest / expected_["spread"].get<double>();
  }
  std::unique_ptr<CausalLm> Load(Precision precision) const {
    const auto checkpoint = Checkpoint::Open(Folder(), Base());
    EXPECT_TRUE(checkpoint.ok()) << checkpoint.status();
    if (!checkpoint.ok()) return nullptr;
    const auto description = DescribeModel(**checkpoint);
    EXPECT_TRUE(description.ok()) << description.status();
    auto model = (*description)->Load(**checkpoint, precision);
    EXPECT_TRUE(model.ok()) << model.status();
    return model.ok() ? *std::move(model) : nullptr;
  }

  json expected_;
};

// One bit of it.
void ChangeTheEmbedding(const std::string& path) {
  const auto read = ReadFile(path);
  ASSERT_TRUE(read.ok()) << read.status();
  std::string bytes = *read;
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const json header = json::parse(bytes.substr(8, length));
  for (const char* name : {"model.embed_tokens.weight", "embed_tokens.weight", "shared.weight",
                           "decoder.embed_tokens.weight", "transformer.wte.weight", "wte.weight",
                           "encoder.embed_tokens.weight", "gpt_neox.embed_in.weight"}) {
    if (!header.contains(name)) continue;
    char& byte = bytes[8 + length + header[name]["data_offsets"][0].get<uint64_t>()];
    byte = static_cast<char>(byte ^ 1);
    ASSERT_TRUE(WriteFile(path, bytes).ok());
    return;
  }
  FAIL() << path << " has no embedding";
}

INSTANTIATE_TEST_SUITE_P(All, LoraTest, testing::ValuesIn(Variants()),
                         [](const auto& info) { return info.param; });

TEST_P(LoraTest, GivesTheLogitsOfPeft) {
  const auto model = Load(Precision::kFloat32);
  ASSERT_NE(model, nullptr);
  const double error = GreatestError(*model);
  EXPECT_LT(error, 1e-4);
  std::printf("| %s | %.1e |\n", GetParam().c_str(), error);
  // The base alone is another model.
  const auto base = LoadModelFrom(Base(), Precision::kFloat32);
  ASSERT_NE(base, nullptr);
  EXPECT_GT(GreatestError(*base), 0.1);
}

TEST_P(LoraTest, IsRoundedAfterTheMerge) {
  const auto model = Load(Precision::kBFloat16);
  ASSERT_NE(model, nullptr);
  const double error = GreatestError(*model);
  // The greatest of a few rows' errors; peft's own merge has as much.
  EXPECT_LT(error, 2 * expected_.value("bfloat16_error", 0.15));
  EXPECT_GT(error, 1e-4);
}

// By the ways that the service takes.
TEST_P(LoraTest, RunsFromItsFolder) {
  std::string pattern = testing::TempDir() + "/lora_test.XXXXXX";
  const std::string folder = fs::canonical(mkdtemp(pattern.data())).string();
  fs::copy(Folder(), folder + "/adapter", fs::copy_options::recursive);
  fs::copy(Base(), folder + "/base", fs::copy_options::recursive);
  ASSERT_TRUE(WriteFile(folder + "/base/tokenizer.json", TinyTokenizer().dump()).ok());
  const auto unnamed = InspectModel("tiny", folder + "/adapter");
  EXPECT_THAT(std::string(unnamed.status().message()), HasSubstr("--base FOLDER"));

  const auto spec = InspectModel("tiny", folder + "/adapter", folder + "/base");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->format, "peft");
  EXPECT_EQ(spec->path, folder + "/adapter");
  EXPECT_EQ(spec->base_path, folder + "/base");
  const auto base = InspectModel("base", folder + "/base");
  ASSERT_TRUE(base.ok()) << base.status();
  EXPECT_EQ(spec->architecture, base->architecture);
  EXPECT_EQ(spec->tokenizer_sha256, base->tokenizer_sha256);
  EXPECT_NE(spec->weights_sha256, base->weights_sha256);
  EXPECT_TRUE(LoadModel(*spec, Precision::kFloat32).ok());

  // The base is part of what was registered.
  ASSERT_NO_FATAL_FAILURE(ChangeTheEmbedding(folder + "/base/model.safetensors"));
  EXPECT_EQ(LoadModel(*spec, Precision::kFloat32).status().code(),
            absl::StatusCode::kFailedPrecondition);
  fs::remove_all(folder);
}

TEST(LoraVariantsTest, AllAreThere) { EXPECT_EQ(Variants().size(), 33u); }

}  // namespace
}  // namespace assay
