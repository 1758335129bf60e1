#include "coordinator/store/encoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace assay {
namespace {

using testing::ElementsAre;

TEST(EncodingTest, BytesOfEveryValueComeBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(DecodeBytes(EncodeBytes(bytes)), bytes);
  EXPECT_EQ(EncodeBytes("A"), "\\x41");
}

TEST(EncodingTest, ArraysComeBackBitByBit) {
  const std::vector<int64_t> integers = {0, -5, std::numeric_limits<int64_t>::max()};
  EXPECT_EQ(DecodeIntegers(EncodeArray(integers)), integers);
  const std::vector<double> doubles = {0.1, -1e-300, 1.0 / 3, -INFINITY};
  EXPECT_EQ(DecodeDoubles(EncodeArray(doubles)), doubles);
  EXPECT_TRUE(DecodeIntegers("{}").empty());
}

TEST(EncodingTest, PlainTextReplacesWhatTextColumnsRefuse) {
  EXPECT_EQ(PlainText(std::string("a\0b", 3)),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(PlainText("\xC3\xA9\xFF"), "\xC3\xA9\xEF\xBF\xBD");
}

TEST(EncodingTest, ValidUtf8IsWhatTheStandardSays) {
  EXPECT_TRUE(IsValidUtf8("\xF0\x9F\x98\x80 \xE2\x82\xAC"));
  EXPECT_FALSE(IsValidUtf8("\xC0\xAF"));          // overlong
  EXPECT_FALSE(IsValidUtf8("\xED\xA0\x80"));      // a surrogate
  EXPECT_FALSE(IsValidUtf8("\xF4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsValidUtf8("\xE2\x82"));          // cut off
}

}  // namespace
}  // namespace assay
