#include "common/benchmark/data_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using Lines = std::vector<std::pair<int64_t, std::string>>;

absl::StatusOr<Lines> ReadLines(const SourceFile& file, const TextLimits& limits = {}) {
  Lines lines;
  const absl::Status status = ForEachLine(file, limits, [&](int64_t line, absl::string_view text) {
    lines.emplace_back(line, text);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return lines;
}

std::string Error(const SourceFile& file, const TextLimits& limits = {}) {
  return std::string(ReadLines(file, limits).status().message());
}

TEST(DataTextTest, LinesOfAPlainFile) {
  const auto lines = ReadLines({"a.txt", "\xEF\xBB\xBFone\r\n \t\n\ntwo\u2028\n three"});
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_THAT(*lines, ElementsAre(Pair(1, "one"), Pair(4, "two\u2028"), Pair(5, " three")));
  EXPECT_TRUE(ReadLines({"a.txt", ""})->empty());
}

TEST(DataTextTest, LinesAcrossThePiecesOfAGzipFile) {
  std::string text;
  for (int i = 0; i < 30000; ++i) absl::StrAppend(&text, "line ", i, "\n");
  const auto plain = ReadLines({"a.txt", text});
  const auto inflated = ReadLines({"a.txt.gz", Gzip(text)});
  ASSERT_TRUE(inflated.ok()) << inflated.status();
  EXPECT_EQ(*inflated, *plain);
  EXPECT_EQ(*ReadDataText({"a.gz", Gzip(text)}), text);
}

TEST(DataTextTest, SeveralMembersAreOneText) {
  EXPECT_EQ(*ReadDataText({"a.gz", Gzip("one\n") + Gzip("") + Gzip("two")}), "one\ntwo");
}

TEST(DataTextTest, DamagedGzipIsRefused) {
  const std::string whole = Gzip("a text that is long enough to be cut in two");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(Error({"a.gz", whole.substr(0, size)}),
              "a.gz: the gzip data is cut short; fetch the file again")
        << size;
  }
  EXPECT_THAT(Error({"a.gz", "plain text"}), HasSubstr("a.gz: not gzip, or damaged (incorrect"));
  EXPECT_THAT(Error({"a.gz", whole + "garbage"}), HasSubstr("a.gz: not gzip, or damaged"));
  std::string changed = whole;
  changed[whole.size() - 8] ^= 1;  // of the checksum
  EXPECT_THAT(Error({"a.gz", changed}), HasSubstr("damaged (incorrect data check)"));
}

TEST(DataTextTest, LimitsHoldForWhatIsInflated) {
  const std::string zeros(10 << 20, '0');
  EXPECT_EQ(Error({"bomb.gz", Gzip(zeros)}, {.bytes = 1 << 20, .line_bytes = 2 << 20}),
            "bomb.gz: the text has more than 1048576 bytes");
  EXPECT_EQ(Error({"a.gz", Gzip("short\n" + zeros)}),
            "a.gz:2: the line has more than 1048576 bytes");
  EXPECT_EQ(Error({"a", "short\n" + zeros}), "a:2: the line has more than 1048576 bytes");
  EXPECT_EQ(Error({"a", zeros}, {.bytes = 100, .line_bytes = 100}),
            "a: the text has more than 100 bytes");
  EXPECT_TRUE(ReadLines({"a", "12345\n12345"}, {.bytes = 11, .line_bytes = 5}).ok());
  EXPECT_FALSE(ReadLines({"a", "12345\n123456"}, {.bytes = 12, .line_bytes = 5}).ok());
}

TEST(DataTextTest, BytesThatAreNoTextAreRefusedWithTheirLine) {
  EXPECT_THAT(Error({"a", "one\n\xFF\n"}), HasSubstr("a:2: byte 0xff is not UTF-8"));
  EXPECT_THAT(Error({"a", std::string("one\ntwo\n\0", 9)}), HasSubstr("a:3: a NUL character"));
}

TEST(DataTextTest, TheFirstErrorEndsIt) {
  int calls = 0;
  const absl::Status status =
      ForEachLine({"a", "1\n2\n3\n"}, {}, [&](int64_t line, absl::string_view) {
        ++calls;
        return line == 2 ? absl::NotFoundError("two") : absl::OkStatus();
      });
  EXPECT_EQ(status, absl::NotFoundError("two"));
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace assay
