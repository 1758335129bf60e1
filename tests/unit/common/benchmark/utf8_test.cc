#include "common/benchmark/utf8.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Utf8Test, AcceptsEveryLength) {
  EXPECT_EQ(FindInvalidUtf8("a\u00e9\u20ac\U0001F600\U0010FFFF"), absl::string_view::npos);
}

TEST(Utf8Test, FindsIllFormedBytes) {
  EXPECT_EQ(FindInvalidUtf8("ab\xFF"), 2);
  EXPECT_EQ(FindInvalidUtf8("a\x80"), 1);
  EXPECT_EQ(FindInvalidUtf8("\xC0\xAF"), 0);          // overlong '/'
  EXPECT_EQ(FindInvalidUtf8("\xE0\x80\x80"), 0);      // overlong
  EXPECT_EQ(FindInvalidUtf8("x\xED\xA0\x80"), 1);     // a surrogate
  EXPECT_EQ(FindInvalidUtf8("\xF4\x90\x80\x80"), 0);  // above U+10FFFF
  EXPECT_EQ(FindInvalidUtf8("\xF0\x9F\x98"), 0);      // cut
}

TEST(Utf8Test, ErrorsNameTheLine) {
  EXPECT_EQ(CheckText("x.csv", "a\r\nb\rc\n\xE9").message(),
            "x.csv:4: byte 0xe9 is not UTF-8; save the file as UTF-8");
  EXPECT_EQ(CheckText("x.csv", absl::string_view("a\nb\0c", 5)).message(),
            "x.csv:2: a NUL character; remove it");
  EXPECT_TRUE(CheckText("x.csv", "").ok());
}

TEST(Utf8Test, ExcerptCutsBetweenCharacters) {
  EXPECT_EQ(Excerpt("E\n"), "\"E\\n\"");
  EXPECT_EQ(Excerpt(std::string(39, 'a') + "\u00e9bc"), "\"" + std::string(39, 'a') + "...\"");
}

TEST(Utf8Test, CharactersAreCodePoints) {
  EXPECT_EQ(CountCharacters(""), 0);
  EXPECT_EQ(CountCharacters("a\xC3\xA9\xF0\x9F\x98\x80"), 3);
}

}  // namespace
}  // namespace assay
