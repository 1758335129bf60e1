#include "coordinator/service/dataset_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

// The program's own benchmarks.
BenchmarkCatalog& Catalog() {
  static auto* const catalog = new BenchmarkCatalog(nullptr);
  return *catalog;
}

DatasetUpload Upload(const UploadLimits& limits = {}) {
  return DatasetUpload::Start(Catalog(), "bbh", "", limits).value();
}

TEST(DatasetUploadTest, PutsFilesTogetherFromPieces) {
  DatasetUpload upload = Upload();
  for (const SourceFile& file : SampleFiles()) {
    for (size_t i = 0; i < file.content.size(); i += 100) {
      ASSERT_TRUE(upload.Add(file.path, file.content.substr(i, 100)).ok());
    }
  }
  ASSERT_TRUE(upload.Add("README.md", "not a task").ok());
  const ParsedDataset parsed = upload.Finish().value();
  EXPECT_EQ(parsed.info.name, "bbh");
  EXPECT_EQ(parsed.info.sha256, SampleInfo().sha256);
  EXPECT_EQ(parsed.info.groups, 2);
  EXPECT_EQ(parsed.items.size(), 20u);
}

TEST(DatasetUploadTest, RefusesPathsThatLeaveTheFolder) {
  for (const char* path : {"", "/etc/passwd", "../a.json", "a/../b.json", "a//b.json", "a\\b.json",
                           "./a.json", "a\n.json"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Upload().Add(path, "x"))) << path;
  }
}

TEST(DatasetUploadTest, RefusesPiecesThatDoNotFollowOneAnother) {
  DatasetUpload upload = Upload();
  ASSERT_TRUE(upload.Add("a.json", "x").ok());
  ASSERT_TRUE(upload.Add("b.json", "x").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(upload.Add("a.json", "x")));
}

TEST(DatasetUploadTest, KeepsWithinItsLimits) {
  DatasetUpload bytes = Upload({.bytes = 10, .files = 10});
  ASSERT_TRUE(bytes.Add("a.json", "0123456789").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(bytes.Add("a.json", "0")));
  DatasetUpload files = Upload({.bytes = 10, .files = 1});
  ASSERT_TRUE(files.Add("a.json", "0").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(files.Add("b.json", "0")));
}

TEST(DatasetUploadTest, RefusesNamesAndFoldersThatAreNone) {
  EXPECT_TRUE(absl::IsNotFound(DatasetUpload::Start(Catalog(), "nope", "", {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DatasetUpload::Start(Catalog(), "bbh", "a b", {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DatasetUpload::Start(Catalog(), "bbh", "mmlu", {}).status()));
  EXPECT_THAT(Upload().Finish().status().message(), HasSubstr("right folder"));
}

}  // namespace
}  // namespace assay
