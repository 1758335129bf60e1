#include "common/benchmark/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::vector<std::string>> Cells(absl::string_view content) {
  const auto rows = ParseCsv("x.csv", content);
  EXPECT_TRUE(rows.ok()) << rows.status();
  std::vector<std::vector<std::string>> cells;
  for (const CsvRow& row : *rows) cells.push_back(row.cells);
  return cells;
}

TEST(CsvTest, QuotedCellHoldsCommasQuotesAndLineEnds) {
  EXPECT_THAT(Cells("\"a,b\",\"say \"\"x\"\"\",\"1\r\n2\n3\"\n"),
              ElementsAre(ElementsAre("a,b", "say \"x\"", "1\r\n2\n3")));
}

TEST(CsvTest, QuoteInsideAPlainCellIsText) {
  EXPECT_THAT(Cells("a\"b,c\" d\n"), ElementsAre(ElementsAre("a\"b", "c\" d")));
  EXPECT_THAT(Cells(" \"a\",b"), ElementsAre(ElementsAre(" \"a\"", "b")));
}

TEST(CsvTest, TextBehindAClosingQuoteIsKept) {
  EXPECT_THAT(Cells("\"a\"b\"c\",d\n"), ElementsAre(ElementsAre("ab\"c\"", "d")));
}

TEST(CsvTest, EmptyCellsAreCells) {
  EXPECT_THAT(Cells(",\"\",\n"), ElementsAre(ElementsAre("", "", "")));
}

TEST(CsvTest, BlankLinesAndByteOrderMarkAreSkipped) {
  EXPECT_THAT(Cells("\xEF\xBB\xBF\n \t\r\na\n\r\n  "), ElementsAre(ElementsAre("a")));
  EXPECT_THAT(Cells(""), IsEmpty());
  EXPECT_THAT(Cells(" \n"), IsEmpty());
}

TEST(CsvTest, RowsKnowTheirLines) {
  const auto rows = ParseCsv("x.csv", "a\r\n\"b\nc\rd\"\n\ne\rf");
  ASSERT_TRUE(rows.ok());
  std::vector<int64_t> lines;
  for (const CsvRow& row : *rows) lines.push_back(row.line);
  EXPECT_THAT(lines, ElementsAre(1, 2, 6, 7));
}

TEST(CsvTest, OpenQuoteIsRefusedWithItsLine) {
  const auto rows = ParseCsv("x.csv", "a,b\nc,\"d\ne\n");
  EXPECT_EQ(rows.status().message(), "x.csv:2: the quote that opens here is never closed");
}

// Random texts, read by pandas.
TEST(CsvTest, ReadsAsPandasDoes) {
  for (const nlohmann::json& record : ReadGoldenLines("pandas_csv.jsonl")) {
    const std::string text = record["text"];
    SCOPED_TRACE(record.dump());
    const auto rows = ParseCsv("x.csv", text);
    EXPECT_EQ(rows.ok(), !record["rows"].is_null());
    if (!rows.ok() || record["rows"].is_null()) continue;
    std::vector<std::vector<std::string>> cells;
    for (const CsvRow& row : *rows) {
      cells.push_back(row.cells);
      // Pandas fills short rows up with empty cells, so that those at the end do not tell.
      while (!cells.back().empty() && cells.back().back().empty()) cells.back().pop_back();
    }
    EXPECT_EQ(cells, record["rows"].get<std::vector<std::vector<std::string>>>());
  }
}

}  // namespace
}  // namespace assay
