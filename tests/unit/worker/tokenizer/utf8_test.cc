#include "worker/tokenizer/utf8.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(Utf8Test, KnowsWellFormedCharacters) {
  for (const char* text :
       {"", "a", "\u00e9", "\u65e5\u672c", "\U0001f600", "\uD7FF\uE000", "\U0010FFFF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
    EXPECT_EQ(ReplaceIllFormedUtf8(text), text);
  }
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xC3", "\xE6\x97", "\xF0\x9F\x98"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
  EXPECT_EQ(Utf8ValidUpTo("ab\xE6\x97"), 2u);
}

// The examples of the Unicode Standard, section 3.9, "U+FFFD Substitution of Maximal Subparts".
TEST(Utf8Test, ReplacesMaximalSubparts) {
  const auto count = [](const std::string& text) {
    const std::string replaced = ReplaceIllFormedUtf8(text);
    EXPECT_TRUE(IsUtf8(replaced));
    size_t found = 0;
    for (size_t at = replaced.find("\uFFFD"); at != std::string::npos;
         at = replaced.find("\uFFFD", at + 1))
      ++found;
    return found;
  };
  EXPECT_EQ(count("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), 8u);
  EXPECT_EQ(count("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"), 8u);
  EXPECT_EQ(count("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"), 7u);
  EXPECT_EQ(count("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), 4u);
}

}  // namespace
}  // namespace assay
