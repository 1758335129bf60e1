#include "client/registry/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "common/base/file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ModelFilesTest : public testing::Test {
 protected:
  ModelFilesTest() {
    std::string pattern = testing::TempDir() + "assay-files-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ModelFilesTest() override { fs::remove_all(folder_); }

  void Put(const std::string& name, const std::string& content = "{}") const {
    ASSERT_TRUE(WriteFile(folder_ + "/" + name, content).ok());
  }
  std::vector<std::string> Missing() const {
    std::vector<std::string> names;
    for (const MissingFile& file : CheckModelFiles(folder_).missing) names.push_back(file.name);
    return names;
  }

  std::string folder_;
};

TEST_F(ModelFilesTest, AnEmptyFolderLacksEverything) {
  EXPECT_THAT(Missing(), ElementsAre("config.json", "*.safetensors", "*token*"));
}

TEST_F(ModelFilesTest, AWholeFolderLacksNothing) {
  Put("config.json");
  Put("model.safetensors", "weights");
  Put("tokenizer.json");
  const ModelFiles files = CheckModelFiles(folder_);
  EXPECT_THAT(files.missing, IsEmpty());
  ASSERT_EQ(files.there.size(), 3u);
  EXPECT_EQ(files.there[1].name, "model.safetensors");
  EXPECT_EQ(files.there[1].bytes, 7);
}

TEST_F(ModelFilesTest, ShardsAreThoseThatTheIndexNames) {
  Put("config.json");
  Put("tokenizer.model");
  Put("model-00001-of-00003.safetensors", "x");
  Put("model.safetensors.index.json", R"({"weight_map": {"a": "model-00001-of-00003.safetensors",
      "b": "model-00003-of-00003.safetensors", "c": "model-00002-of-00003.safetensors",
      "d": "../elsewhere", "e": 5}})");
  EXPECT_THAT(Missing(),
              ElementsAre("model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors"));
  EXPECT_THAT(CheckModelFiles(folder_).missing[0].why,
              HasSubstr("named by model.safetensors.index.json"));
}

TEST_F(ModelFilesTest, TokenizersHaveManyForms) {
  Put("config.json");
  Put("model.safetensors", "weights");
  Put("vocab.json");
  EXPECT_THAT(Missing(), ElementsAre("merges.txt"));
  Put("merges.txt");
  EXPECT_THAT(Missing(), IsEmpty());
  fs::remove(folder_ + "/vocab.json");
  EXPECT_THAT(Missing(), ElementsAre("*token*"));
  for (const char* name :
       {"20B_tokenizer.json", "spiece.model", "qwen.tiktoken", "rwkv_vocab_v20230424.txt"}) {
    Put(name);
    EXPECT_THAT(Missing(), IsEmpty()) << name;
    fs::remove(folder_ + "/" + name);
  }
}

TEST_F(ModelFilesTest, PicklesAreWeightsToo) {
  Put("config.json");
  Put("vocab.json");
  Put("merges.txt");
  Put("pytorch_model.bin", "x");
  // Fetched along with all other JSON files; none of its own is there.
  Put("model.safetensors.index.json", R"({"weight_map": {"a": "model-1.safetensors"}})");
  EXPECT_THAT(Missing(), IsEmpty());
  fs::remove(folder_ + "/pytorch_model.bin");
  Put("pytorch_model.bin.index.json", R"({"weight_map": {"a": "pytorch_model-2.bin"}})");
  fs::remove(folder_ + "/model.safetensors.index.json");
  EXPECT_THAT(Missing(), ElementsAre("pytorch_model-2.bin"));
}

TEST_F(ModelFilesTest, LinksThatLeadNowhereAndLfsPointersAreMissing) {
  Put("config.json");
  Put("tokenizer.json");
  fs::create_symlink("../../blobs/deadbeef", folder_ + "/model.safetensors");
  EXPECT_THAT(Missing(), ElementsAre("model.safetensors"));
  fs::remove(folder_ + "/model.safetensors");
  Put("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
  const ModelFiles files = CheckModelFiles(folder_);
  ASSERT_EQ(files.missing.size(), 1u);
  EXPECT_THAT(files.missing[0].why, HasSubstr("Git LFS pointer"));
}

TEST_F(ModelFilesTest, AnAdapterHasWeightsOnly) {
  Put("adapter_config.json");
  EXPECT_THAT(Missing(), ElementsAre("adapter_model.safetensors"));
  Put("adapter_model.bin", "x");
  EXPECT_THAT(Missing(), IsEmpty());
}

TEST_F(ModelFilesTest, AFileStandsForItself) {
  Put("model.gguf", "GGUF");
  EXPECT_THAT(CheckModelFiles(folder_ + "/model.gguf").missing, IsEmpty());
  EXPECT_EQ(CheckModelFiles(folder_ + "/none.gguf").missing.size(), 1u);
}

TEST(DownloadAdviceTest, NamesWhatIsMissingAndWhereItBelongs) {
  const std::vector<MissingFile> missing = {{"a.safetensors", ""}, {"tokenizer.json", ""}};
  const std::string cached = DownloadAdvice(
      "google/flan-t5-xl", "/hub/models--google--flan-t5-xl/snapshots/c0ffee", missing);
  EXPECT_THAT(cached, HasSubstr("huggingface-cli download google/flan-t5-xl --revision c0ffee "
                                "--include 'a.safetensors' 'tokenizer.json'\n"));
  EXPECT_THAT(cached, HasSubstr("hf download google/flan-t5-xl --revision c0ffee "
                                "--include 'a.safetensors' --include 'tokenizer.json'\n"));
  EXPECT_THAT(cached, HasSubstr("login"));
  EXPECT_THAT(DownloadAdvice("", "/models/x", missing),
              HasSubstr("download ORG/NAME --local-dir '/models/x' --include"));
  EXPECT_THAT(DownloadAdvice("a/b", "", WholeModel()),
              AllOf(HasSubstr("'*.safetensors'"), Not(HasSubstr("--local-dir"))));
}

TEST(DownloadAdviceTest, NamesCannotLeaveTheirQuotes) {
  EXPECT_THAT(DownloadAdvice("a/b", "", {{"x'; rm -rf ~; '", ""}}),
              HasSubstr(R"('x'\''; rm -rf ~; '\''')"));
}

}  // namespace
}  // namespace assay
