#include "client/output/text.h"

#include <string>

#include "gtest/gtest.h"

namespace assay {
namespace {

TEST(DisplayWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0);
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("é±…"), 3);
  EXPECT_EQ(DisplayWidth("漢字"), 4);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);  // a combining acute accent
  EXPECT_EQ(DisplayWidth("😀"), 2);
}

TEST(EscapeLineTest, KeepsTextOnOneLine) {
  EXPECT_EQ(EscapeLine("a\nb\tc\rd\\e"), "a\\nb\\tc\\rd\\\\e");
  EXPECT_EQ(EscapeLine("naïve 漢字"), "naïve 漢字");
}

TEST(EscapeLineTest, DisarmsWhatSteersATerminal) {
  EXPECT_EQ(EscapeLine("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(EscapeLine(absl::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(EscapeLine("\xC2\x9B"
                       "31m"),
            "\\xc2\\x9b31m");  // the one-byte CSI as UTF-8
  EXPECT_EQ(EscapeLine("\xE2\x80\xAE"
                       "abc"),
            "\\xe2\\x80\\xae"
            "abc");  // right-to-left override
}

TEST(EscapeLineTest, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(EscapeLine("\xFF"), "\\xff");
  EXPECT_EQ(EscapeLine("\xE2\x82"), "\\xe2\\x82");           // cut short
  EXPECT_EQ(EscapeLine("\xC0\xAF"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(EscapeLine("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // a surrogate
}

TEST(EscapeControlsTest, KeepsLayout) {
  EXPECT_EQ(EscapeControls("a\nb\tc\\d\x1b[2J"), "a\nb\tc\\d\\x1b[2J");
}

TEST(EllipsizeTest, CutsAtColumns) {
  EXPECT_EQ(Ellipsize("abcdef", 6), "abcdef");
  EXPECT_EQ(Ellipsize("abcdef", 4), "abc…");
  EXPECT_EQ(Ellipsize("漢字漢字", 4), "漢…");  // the next one would be half outside
  EXPECT_EQ(Ellipsize("abc", 0), "");
}

TEST(HumanCountTest, HasThreeDigits) {
  EXPECT_EQ(HumanCount(0), "0");
  EXPECT_EQ(HumanCount(3.25), "3.2");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(999.6), "1.00k");
  EXPECT_EQ(HumanCount(12345), "12.3k");
  EXPECT_EQ(HumanCount(134'515'008), "135M");
}

TEST(HumanDurationTest, RoundsToSeconds) {
  EXPECT_EQ(HumanDuration(absl::Seconds(7.4)), "0:07");
  EXPECT_EQ(HumanDuration(absl::Seconds(754)), "12:34");
  EXPECT_EQ(HumanDuration(absl::Seconds(11045)), "3:04:05");
  EXPECT_EQ(HumanDuration(absl::Seconds(-3)), "0:00");
  EXPECT_EQ(HumanDuration(absl::InfiniteDuration()), "9999:00:00");
}

TEST(HumanTimeTest, UsesTheZone) {
  const absl::Time time = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_EQ(HumanTime(time, absl::UTCTimeZone()), "2023-11-14 22:13:20");
  EXPECT_EQ(HumanTime(time, absl::FixedTimeZone(3600)), "2023-11-14 23:13:20");
  EXPECT_EQ(HumanTime(absl::InfinitePast(), absl::UTCTimeZone()), "-");
}

TEST(GroupedDigitsTest, GroupsByThree) {
  EXPECT_EQ(GroupedDigits(0), "0");
  EXPECT_EQ(GroupedDigits(999), "999");
  EXPECT_EQ(GroupedDigits(1000), "1,000");
  EXPECT_EQ(GroupedDigits(-1234567), "-1,234,567");
  EXPECT_EQ(GroupedDigits(-123), "-123");
}

}  // namespace
}  // namespace assay
