#include "common/declaration/file_pattern.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(FilePatternTest, StarsAndGroups) {
  EXPECT_EQ(FilePattern("data.csv").Match("data.csv"), "");
  EXPECT_EQ(FilePattern("data.csv").Match("data.csv.gz"), "");
  EXPECT_FALSE(FilePattern("data.csv").Match("a/data.csv").has_value());
  EXPECT_EQ(FilePattern("*.csv").Match("x.csv"), "");
  EXPECT_FALSE(FilePattern("*.csv").Match("a/x.csv").has_value());
  EXPECT_EQ(FilePattern("*/a*b*.json").Match("z/aXbYY.json"), "");
  EXPECT_FALSE(FilePattern("*/a*b*.json").Match("z/bYY.json").has_value());
  EXPECT_EQ(FilePattern("test/{group}_test.csv").Match("test/high-school_1_test.csv"),
            "high-school_1");
  EXPECT_FALSE(FilePattern("test/{group}_test.csv").Match("test/_test.csv").has_value());
  EXPECT_FALSE(FilePattern("{group}.json").Match("a b.json").has_value());
  EXPECT_FALSE(FilePattern("{group}.json").Match("a/b.json").has_value());
  EXPECT_EQ(FilePattern("*/{group}.json").Match("x/b.json.gz"), "b");
  EXPECT_EQ(FilePattern("d.csv.gz").Match("d.csv.gz"), "");
  EXPECT_FALSE(FilePattern("d.csv.gz").Match("d.csv").has_value());
}

TEST(FilePatternTest, Problems) {
  EXPECT_EQ(FilePattern("a/*.csv").Problem(), "");
  EXPECT_EQ(FilePattern("{group}.json").Problem(), "");
  for (const char* text : {"", "/a.csv", "../a.csv", "a//b", "{groups}.csv", "{group}{group}",
                           "a\\b.csv", "*********", "a}"}) {
    EXPECT_NE(FilePattern(text).Problem(), "") << text;
  }
}

}  // namespace
}  // namespace assay
