#include "client/up/postgres_binaries.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

TEST(ParsePostgresMajorTest, ReadsWhatServersPrint) {
  EXPECT_EQ(ParsePostgresMajor("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"), 15);
  EXPECT_EQ(ParsePostgresMajor("postgres (PostgreSQL) 17beta1"), 17);
  EXPECT_EQ(ParsePostgresMajor("15"), 15);
  EXPECT_EQ(ParsePostgresMajor("postgres (PostgreSQL)"), 0);
  EXPECT_EQ(ParsePostgresMajor(""), 0);
}

TEST(ChoosePostgresBinariesTest, TakesTheFirstForANewCluster) {
  const auto chosen = ChoosePostgresBinaries({{"/a", 16}, {"/b", 15}}, "", "/data/postgres");
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->folder, "/a");
}

TEST(ChoosePostgresBinariesTest, TakesTheClustersVersion) {
  const auto chosen = ChoosePostgresBinaries({{"/a", 16}, {"/b", 15}}, "15\n", "/data/postgres");
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->folder, "/b");
}

TEST(ChoosePostgresBinariesTest, RefusesAClusterOfAnotherVersion) {
  const auto chosen = ChoosePostgresBinaries({{"/a", 16}, {"/b", 15}}, "14\n", "/data/postgres");
  EXPECT_TRUE(absl::IsNotFound(chosen.status()));
  EXPECT_THAT(std::string(chosen.status().message()),
              HasSubstr("/data/postgres is of PostgreSQL 14, and this machine has version 16, 15: "
                        "install postgresql-14"));
}

TEST(ChoosePostgresBinariesTest, SaysWhatToInstall) {
  const auto chosen = ChoosePostgresBinaries({}, "", "/data/postgres");
  EXPECT_THAT(std::string(chosen.status().message()), HasSubstr("install the package postgresql"));
}

}  // namespace
}  // namespace assay
