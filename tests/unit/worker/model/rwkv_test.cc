// RWKV-4 as its author stores it: one file, other names, no config.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/base/file.h"
#include "tests/support/checkpoint_builder.h"
#include "tests/unit/worker/model/model_runner.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

constexpr char kFolder[] = "tests/golden/families/rwkv";
constexpr char kFile[] = "tests/golden/rwkv_original/RWKV-4-Tiny-ctx512.pth";

std::string NewFolder() {
  std::string pattern = testing::TempDir() + "/rwkv_test.XXXXXX";
  return fs::canonical(mkdtemp(pattern.data())).string();
}

TEST(RwkvTest, AnOriginalFileIsTheSameModel) {
  const std::string folder = NewFolder();
  fs::copy(kFolder, folder, fs::copy_options::recursive);
  json config = json::parse(*ReadFile(folder + "/config.json"));
  config["rescale_every"] = 6;  // which the original file does not say
  ASSERT_TRUE(WriteFile(folder + "/config.json", config.dump()).ok());
  const auto converted = LoadModelFrom(folder, Precision::kFloat32);
  const auto original = LoadModelFrom(kFile, Precision::kFloat32);
  ASSERT_NE(converted, nullptr);
  ASSERT_NE(original, nullptr);
  EXPECT_EQ(original->context_length(), 512);
  TokenIds tokens;
  for (int32_t i = 0; i < 100; ++i) tokens.push_back(i * 37 % 300);
  const auto expected = RunSequences(*converted, {tokens}, 1000)[0];
  const auto got = RunSequences(*original, {tokens}, 1000)[0];
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], expected[i]) << i;
  fs::remove_all(folder);
}

TEST(RwkvTest, FilesOfOtherModelsNeedTheirConfig) {
  const std::string folder = NewFolder();
  fs::copy(kFile, folder + "/model.pth");
  const auto named = Checkpoint::Open(folder + "/model.pth");
  ASSERT_TRUE(named.ok()) << named.status();
  EXPECT_EQ((*named)->config()["context_length"], 1024);
  EXPECT_EQ((*named)->config()["num_hidden_layers"], 4);
  const auto whole_folder = Checkpoint::Open(folder);
  EXPECT_THAT(std::string(whole_folder.status().message()), HasSubstr("no config.json"));
  fs::remove_all(folder);
}

TEST(RwkvTest, StatesAreOfOneSizeAndFloat32) {
  const auto model = LoadModelFrom(kFolder, Precision::kBFloat16);
  ASSERT_NE(model, nullptr);
  // The rows before, of 40 channels in 64, and three sums of each; four layers.
  EXPECT_TRUE(model->kv_layout().recurrent());
  EXPECT_EQ(model->kv_layout().BlockBytes(), 4 * (2 + 3) * 64 * 4);
}

}  // namespace
}  // namespace assay
