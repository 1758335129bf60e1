#include "client/exchange/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "assay/v1/evaluation_service.pb.h"

namespace assay {
namespace {

using testing::HasSubstr;

class TableTest : public testing::TestWithParam<TableFormat> {
 protected:
  TableTest()
      : path_(testing::TempDir() + "/table_test." + std::string(TableFileEnding(GetParam()))) {
    std::filesystem::remove(path_);
  }
  ~TableTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

  // The error that reading all of it ends with.
  absl::Status Read(std::vector<TableColumn> columns) {
    absl::StatusOr<std::unique_ptr<TableReader>> table =
        OpenTable(GetParam(), path_, std::move(columns));
    if (!table.ok()) return table.status();
    TableRow row;
    while (true) {
      const absl::StatusOr<bool> is_there = (*table)->Next(&row);
      if (!is_there.ok()) return is_there.status();
      if (!*is_there) return absl::OkStatus();
    }
  }

  const std::string path_;
};
INSTANTIATE_TEST_SUITE_P(Formats, TableTest,
                         testing::Values(TableFormat::kCsv, TableFormat::kJson,
                                         TableFormat::kParquet),
                         [](const auto& info) { return std::string(TableFormatName(info.param)); });

const std::vector<TableColumn> kColumns = {{"text", ColumnType::kText},
                                           {"integer", ColumnType::kInteger},
                                           {"number", ColumnType::kNumber},
                                           {"flag", ColumnType::kBoolean},
                                           {"list", ColumnType::kList}};

TEST_P(TableTest, GivesBackWhatWasWritten) {
  const std::vector<TableRow> rows = {
      {"plain", 1, 0.1, true, ExchangeJson::array({1, "a,\"b\""})},
      {std::string("quote \" comma , line\nreturn\r\nlone \r and nul \0 end", 49),
       std::numeric_limits<int64_t>::min(), 5e-324, false, ExchangeJson::array()},
      {"\xC3\xA4\xF0\x9F\x98\x80", std::numeric_limits<int64_t>::max(), "-Infinity", true,
       ExchangeJson::array({-1.5, "-Infinity"})},
      {"12", nullptr, nullptr, nullptr, nullptr}};
  auto writer = CreateTable(GetParam(), path_, kColumns).value();
  for (const TableRow& row : rows) ASSERT_TRUE(writer->Add(row).ok());
  ASSERT_TRUE(writer->Finish().ok());
  auto reader = OpenTable(GetParam(), path_, kColumns).value();
  TableRow row;
  for (const TableRow& expected : rows) {
    ASSERT_TRUE(*reader->Next(&row));
    EXPECT_EQ(row, expected);
  }
  EXPECT_FALSE(*reader->Next(&row));
}

TEST_P(TableTest, AFileThatIsThereIsNotOverwritten) {
  Write("mine");
  EXPECT_EQ(CreateTable(GetParam(), path_, kColumns).status().code(),
            absl::StatusCode::kAlreadyExists);
}

TEST_P(TableTest, EveryCutIsNoticedOrEndsAtARow) {
  auto writer = CreateTable(GetParam(), path_, kColumns).value();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(writer->Add({"a\nb", i, 0.5, true, ExchangeJson::array({i})}).ok());
  }
  ASSERT_TRUE(writer->Finish().ok());
  std::ifstream file(path_, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  for (size_t size = 0; size < whole.size(); ++size) {
    Write(whole.substr(0, size));
    const bool at_row = size > 0 && whole[size - 1] == '\n' &&
                        (GetParam() == TableFormat::kJson || whole[size - 2] == '\r');
    // A JSON object is whole before its line break.
    // A Parquet file is whole or no file.
    if (GetParam() == TableFormat::kParquet) {
      EXPECT_FALSE(Read(kColumns).ok()) << size;
      continue;
    }
    const bool at_object = GetParam() == TableFormat::kJson && (size == 0 || whole[size] == '\n');
    EXPECT_EQ(Read(kColumns).ok(), at_row || at_object) << size;
  }
}

TEST(CsvTableTest, ErrorsNameFileAndLine) {
  const std::string path = testing::TempDir() + "/errors.csv";
  const std::vector<TableColumn> columns = {{"a", ColumnType::kText}, {"n", ColumnType::kNumber}};
  const auto error = [&](const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    auto table = OpenTable(TableFormat::kCsv, path, columns);
    if (!table.ok()) return std::string(table.status().message());
    TableRow row;
    absl::StatusOr<bool> is_there = true;
    while (is_there.ok() && *is_there) is_there = (*table)->Next(&row);
    return std::string(is_there.status().message());
  };
  EXPECT_EQ(error("a,n\n\"x\ny\",1\n"), "");
  EXPECT_THAT(error(""), HasSubstr("errors.csv:1: the header is missing"));
  EXPECT_THAT(error("a\n"), HasSubstr(":1: columns are missing"));
  EXPECT_THAT(error("a,a\n"), HasSubstr(":1: column a twice"));
  EXPECT_THAT(error("a,b\n"), HasSubstr(":1: unknown column"));
  EXPECT_THAT(error("a,n\n\"x\ny\",1\nz\n"), HasSubstr(":4: has 1 fields, not 2"));
  EXPECT_THAT(error("a,n\nx,nan\n"), HasSubstr(":2: column n: "));
  EXPECT_THAT(error("a,n\nx,NaN\n"), HasSubstr(":2: column n: "));
  EXPECT_THAT(error("a,n\n\"x\"y,1\n"), HasSubstr(":2: has something after a closing quote"));
  EXPECT_THAT(error("a,n\n\xFF,1\n"), HasSubstr(":2: is not UTF-8"));
  std::filesystem::remove(path);
}

TEST(JsonTableTest, ErrorsNameFileAndLine) {
  const std::string path = testing::TempDir() + "/errors.jsonl";
  const auto error = [&](const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    auto table = OpenTable(TableFormat::kJson, path, {{"a", ColumnType::kText}}).value();
    TableRow row;
    absl::StatusOr<bool> is_there = true;
    while (is_there.ok() && *is_there) is_there = table->Next(&row);
    return std::string(is_there.status().message());
  };
  EXPECT_EQ(error("{\"a\": \"x\"}\n{\"a\": null}"), "");
  EXPECT_THAT(error("{\"a\": \"x\"}\n{}\n"), HasSubstr("errors.jsonl:2: has no key \"a\""));
  EXPECT_THAT(error("{\"a\": 1, \"b\": 2}\n"), HasSubstr(":1: unknown key"));
  EXPECT_THAT(error("{\"a\": NaN}\n"), HasSubstr(":1: is not a whole JSON object"));
  EXPECT_THAT(error("[]\n"), HasSubstr(":1: is not a whole JSON object"));
  EXPECT_THAT(error("{\"a\": \"\xC0\x80\"}\n"), HasSubstr(":1: is not UTF-8"));
  std::filesystem::remove(path);
}

TEST(ColumnsTest, EveryFieldOfAPredictionComesBack) {
  v1::GradedPrediction graded;
  graded.set_benchmark("bbh");
  graded.set_group("navigate");
  graded.add_choices("A");
  graded.mutable_committed()->set_seconds(1700000000);
  graded.mutable_committed()->set_nanos(123456000);
  v1::Prediction* prediction = graded.mutable_prediction();
  prediction->set_item_id("bbh/navigate/3");
  prediction->set_sample_index(2);
  prediction->set_prompt(std::string("nul \0 here", 10));
  prediction->set_output("cut \xE2\x82");
  prediction->add_output_token_ids(-5);
  prediction->add_choice_loglikelihoods(-std::numeric_limits<double>::infinity());
  prediction->add_choice_loglikelihoods(-0.1);
  prediction->set_finish_reason(v1::FINISH_REASON_LENGTH);
  prediction->set_truncated(true);
  graded.mutable_score()->set_grader("starts_with");
  graded.mutable_score()->set_verdict(v1::VERDICT_UNPARSABLE);
  graded.mutable_score()->set_partial(0);
  v1::GradedPrediction back;
  for (const ExchangeColumn& column : PredictionColumns()) {
    const ExchangeJson value = ExchangeJson::parse(GetColumn(graded, column).dump());
    ASSERT_TRUE(SetColumn(column, value, &back).ok()) << column.name;
  }
  EXPECT_EQ(back.SerializeAsString(), graded.SerializeAsString());
}

TEST(ColumnsTest, AnotherTypeIsRefusedWithTheColumnsName) {
  const ExchangeJson wrong = ExchangeJson::object({{"x", 1}});
  for (const ExchangeColumn& column : PredictionColumns()) {
    v1::GradedPrediction graded;
    const absl::Status status = SetColumn(column, wrong, &graded);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << column.name;
    EXPECT_THAT(status.message(), HasSubstr("column " + column.name));
  }
}

TEST(ColumnsTest, NumbersThatDoNotFitAreRefused) {
  for (const ExchangeColumn& column : PredictionColumns()) {
    v1::GradedPrediction graded;
    if (column.name == "sample_index") {
      EXPECT_FALSE(SetColumn(column, int64_t{1} << 31, &graded).ok());
      EXPECT_FALSE(SetColumn(column, 1.5, &graded).ok());
    }
    if (column.name == "verdict") {
      EXPECT_FALSE(SetColumn(column, "right", &graded).ok());
    }
    if (column.name == "committed") {
      EXPECT_FALSE(SetColumn(column, "yesterday", &graded).ok());
    }
    if (column.name == "output_base64") {
      EXPECT_FALSE(SetColumn(column, "*", &graded).ok());
    }
  }
}

}  // namespace
}  // namespace assay
