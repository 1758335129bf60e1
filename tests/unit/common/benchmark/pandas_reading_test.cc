#include "common/benchmark/pandas_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/common/benchmark/test_data.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using Cells = std::vector<std::string>;

TEST(PandasReadingTest, ColumnsOfOneType) {
  EXPECT_THAT(ReadColumnAsPandas(Cells{"01", "+2", " -3 "}), ElementsAre("1", "2", "-3"));
  EXPECT_THAT(ReadColumnAsPandas(Cells{"1", "2.50"}), ElementsAre("1.0", "2.5"));
  EXPECT_THAT(ReadColumnAsPandas(Cells{"TRUE", "false"}), ElementsAre("True", "False"));
  EXPECT_THAT(ReadColumnAsPandas(Cells{"01", "two"}), ElementsAre("01", "two"));
}

TEST(PandasReadingTest, MissingCellMakesIntegersFloats) {
  EXPECT_THAT(ReadColumnAsPandas(Cells{"1", "None"}), ElementsAre("1.0", "nan"));
  EXPECT_THAT(ReadColumnAsPandas(Cells{"a", ""}), ElementsAre("a", "nan"));
}

TEST(PandasReadingTest, IntegersBeyond64BitsStayText) {
  EXPECT_THAT(ReadColumnAsPandas(Cells{"18446744073709551615", "01"}),
              ElementsAre("18446744073709551615", "1"));
  EXPECT_THAT(ReadColumnAsPandas(Cells{"18446744073709551616", "01", "NA"}),
              ElementsAre("18446744073709551616", "01", "nan"));
  EXPECT_THAT(ReadColumnAsPandas(Cells{"18446744073709551615", "01", "NA"}),
              ElementsAre("18446744073709551615", "01", "NA"));
}

TEST(PandasReadingTest, EmptyColumn) { EXPECT_TRUE(ReadColumnAsPandas(Cells{}).empty()); }

// Chosen and random columns, read and printed by pandas.
TEST(PandasReadingTest, ReadsAsPandasDoes) {
  for (const nlohmann::json& record : ReadGoldenLines("pandas_columns.jsonl")) {
    EXPECT_EQ(ReadColumnAsPandas(record["cells"].get<Cells>()), record["printed"].get<Cells>())
        << record.dump();
  }
}

}  // namespace
}  // namespace assay
