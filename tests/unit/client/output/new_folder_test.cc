#include "client/output/new_folder.h"

#include <filesystem>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

class NewFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    parent_ = absl::StrCat(testing::TempDir(), "/new_folder_test");
    fs::remove_all(parent_);
    fs::create_directories(parent_);
    path_ = absl::StrCat(parent_, "/results");
  }
  void TearDown() override { fs::remove_all(parent_); }

  void Write(const std::string& folder) {
    fs::create_directories(folder);
    ASSERT_TRUE(WriteFile(folder + "/file", "text").ok());
  }

  std::string parent_;
  std::string path_;
};

TEST_F(NewFolderTest, IsThereWhenItIsFinished) {
  fs::create_directories(path_);  // an empty one may be there
  absl::StatusOr<NewFolder> folder = NewFolder::Create(path_ + "/");
  ASSERT_TRUE(folder.ok()) << folder.status();
  Write(folder->path());
  EXPECT_FALSE(fs::exists(path_ + "/file"));
  ASSERT_TRUE(folder->Finish().ok());
  EXPECT_TRUE(fs::exists(path_ + "/file"));
  EXPECT_FALSE(fs::exists(path_ + ".part"));
}

TEST_F(NewFolderTest, LeavesNothingWhenItIsNot) {
  std::optional<NewFolder> folder(*NewFolder::Create(path_));
  Write(folder->path());
  folder.reset();
  EXPECT_TRUE(fs::is_empty(parent_));
}

TEST_F(NewFolderTest, RefusesWhatIsThere) {
  Write(path_);
  for (const Leftovers leftovers : {Leftovers::kRefuse, Leftovers::kReplace}) {
    EXPECT_TRUE(absl::IsInvalidArgument(NewFolder::Create(path_, leftovers).status()));
  }
  EXPECT_TRUE(fs::exists(path_ + "/file"));
}

TEST_F(NewFolderTest, TakesLeftoversOverWhereItIsTold) {
  Write(path_ + ".part");
  EXPECT_TRUE(absl::IsInvalidArgument(NewFolder::Create(path_).status()));
  EXPECT_TRUE(fs::exists(path_ + ".part/file"));
  absl::StatusOr<NewFolder> folder = NewFolder::Create(path_, Leftovers::kReplace);
  ASSERT_TRUE(folder.ok()) << folder.status();
  ASSERT_TRUE(folder->Finish().ok());
  EXPECT_TRUE(fs::is_empty(path_));
}

}  // namespace
}  // namespace assay
