#include "client/up/data_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

class DataFolderTest : public testing::Test {
 protected:
  DataFolderTest() {
    std::string pattern = testing::TempDir() + "assay-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~DataFolderTest() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
};

TEST_F(DataFolderTest, MakesItAndLetsOthersPassThrough) {
  const absl::StatusOr<DataFolder> data = DataFolder::Open(folder_ + "/new/data/");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->path(), folder_ + "/new/data");
  struct stat info = {};
  ASSERT_EQ(stat(data->path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0711u);
  ASSERT_EQ(stat((data->path() + "/log").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
}

TEST_F(DataFolderTest, IsLockedAsLongAsItIsUsed) {
  {
    const absl::StatusOr<DataFolder> first = DataFolder::Open(folder_);
    ASSERT_TRUE(first.ok()) << first.status();
    const absl::StatusOr<DataFolder> second = DataFolder::Open(folder_);
    EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
    EXPECT_THAT(std::string(second.status().message()),
                HasSubstr(absl::StrCat("already, as process ", getpid())));
  }
  EXPECT_TRUE(DataFolder::Open(folder_).ok());
}

TEST_F(DataFolderTest, SaysWhyItCannotBeMade) {
  ASSERT_TRUE(WriteFile(folder_ + "/file", "").ok());
  const absl::StatusOr<DataFolder> data = DataFolder::Open(folder_ + "/file/data");
  EXPECT_THAT(std::string(data.status().message()), HasSubstr("/file/data: Not a directory"));
}

TEST_F(DataFolderTest, DefaultFollowsTheUser) {
  const std::string home = geteuid() == 0 ? "/var/lib/assay" : "/x/assay";
  setenv("XDG_DATA_HOME", "/x", 1);
  EXPECT_EQ(*DefaultDataFolder(), home);
}

TEST_F(DataFolderTest, PutsALargeLogAside) {
  const std::string path = folder_ + "/a.log";
  ASSERT_TRUE(WriteFile(path, std::string((16 << 20) + 1, 'x')).ok());
  const absl::StatusOr<int> log = OpenLog(path);
  ASSERT_TRUE(log.ok()) << log.status();
  EXPECT_EQ(write(*log, "new", 3), 3);
  close(*log);
  EXPECT_EQ(*ReadFile(path), "new");
  EXPECT_TRUE(std::filesystem::exists(path + ".old"));
}

TEST_F(DataFolderTest, ShowsTheEndOfALog) {
  const std::string path = folder_ + "/a.log";
  EXPECT_EQ(LastLines(path, 2), "");
  ASSERT_TRUE(WriteFile(path, "one\ntwo\nthree\n").ok());
  EXPECT_EQ(LastLines(path, 2), "two\nthree");
  EXPECT_EQ(LastLines(path, 3), "one\ntwo\nthree");
  EXPECT_EQ(LastLines(path, 9), "one\ntwo\nthree");
}

}  // namespace
}  // namespace assay
