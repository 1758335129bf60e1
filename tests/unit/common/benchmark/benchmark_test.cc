#include "common/benchmark/benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/catalog/built_in.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

TEST(BenchmarkTest, DigestDependsOnNamesAndContentsOnly) {
  const std::vector<SourceFile> files = {{"b", "2"}, {"a", "11"}};
  const std::string expected = Sha256Hex(absl::string_view("a\0002\00011b\0001\0002", 11));
  EXPECT_EQ(DatasetDigest(files), expected);
  EXPECT_EQ(DatasetDigest({{"a", "11"}, {"b", "2"}}), expected);
  EXPECT_NE(DatasetDigest({{"a", "1"}, {"b", "12"}}), expected);
}

class CollectFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "test");
    std::filesystem::create_directories(folder_ / "dev");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Write(const std::string& path, const std::string& content) {
    std::ofstream(folder_ / path) << content;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      absl::StrCat("collect_files_", testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(CollectFilesTest, TakesTheBenchmarksFilesInOrderOfPath) {
  Write("test/x_test.csv", "1");
  Write("dev/x_dev.csv", "2");
  Write("README.md", "3");
  const auto files = CollectFiles(**FindBenchmark("mmlu"), folder_.string() + "/");
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 2);
  EXPECT_EQ((*files)[0].path, "dev/x_dev.csv");
  EXPECT_EQ((*files)[0].content, "2");
  EXPECT_EQ((*files)[1].path, "test/x_test.csv");
}

TEST_F(CollectFilesTest, TakesASingleFileByItsPath) {
  Write("questions.csv", "1");
  Write("others.csv", "2");
  const Benchmark& crass = **FindBenchmark("crass");
  const auto files = CollectFiles(crass, (folder_ / "questions.csv").string());
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 1);
  EXPECT_EQ((*files)[0].path, "questions.csv");
  EXPECT_EQ((*files)[0].content, "1");
  const auto both = CollectFiles(crass, folder_.string());
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_THAT(crass.Parse(*both).status().message(),
              HasSubstr("questions.csv: benchmark crass takes one file, and others.csv is one"));
}

TEST_F(CollectFilesTest, NothingToReadIsAnError) {
  Write("README.md", "");
  EXPECT_THAT(CollectFiles(**FindBenchmark("mmlu"), folder_.string()).status().message(),
              HasSubstr("no file of benchmark mmlu; expected"));
  EXPECT_THAT(
      CollectFiles(**FindBenchmark("mmlu"), (folder_ / "README.md").string()).status().message(),
      HasSubstr("README.md: not a file of benchmark mmlu; expected"));
  EXPECT_THAT(CollectFiles(**FindBenchmark("bbh"), (folder_ / "none").string()).status().message(),
              HasSubstr("No such file"));
}

}  // namespace
}  // namespace assay
