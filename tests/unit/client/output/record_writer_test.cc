#include "client/output/record_writer.h"

#include <memory>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace assay {
namespace {

class RecordWriterTest : public testing::Test {
 protected:
  RecordWriterTest() { console_.out = &out_; }

  std::unique_ptr<RecordWriter> Make(OutputFormat format) {
    return RecordWriter::Create(format, "models",
                                {{"name", "name"},
                                 {"items", "items", Align::kRight},
                                 {"sha256", ""},
                                 {"state", "state", Align::kLeft, 9}},
                                console_);
  }

  std::ostringstream out_;
  Console console_;
};

TEST_F(RecordWriterTest, TableAlignsColumnsAndLeavesDetailsOut) {
  auto writer = Make(OutputFormat::kTable);
  writer->Add({"mmlu", 14042, "ab12", "completed"});
  writer->Add({"naïve", 7, "cd34", "a state too long"});
  writer->Finish();
  EXPECT_EQ(out_.str(),
            "name   items  state\n"
            "mmlu   14042  completed\n"
            "naïve      7  a state …\n");
}

TEST_F(RecordWriterTest, TableShowsTheTextOfACellInColour) {
  console_.out_colour = true;
  auto writer = RecordWriter::Create(OutputFormat::kTable, "x", {{"a", "a"}, {"b", "b"}}, console_);
  writer->Add({Cell(0.5, "50 %", Tone::kGood), true});
  writer->Finish();
  EXPECT_EQ(out_.str(),
            "\033[2ma\033[0m     \033[2mb\033[0m\n"
            "\033[32m50 %\033[0m  yes\n");
}

TEST_F(RecordWriterTest, TableDisarmsControlCharacters) {
  auto writer = RecordWriter::Create(OutputFormat::kTable, "x", {{"a", "a"}}, console_);
  writer->Add({"x\n\x1b[2J"});
  writer->Finish();
  EXPECT_EQ(out_.str(), "a\nx\\n\\x1b[2J\n");
}

TEST_F(RecordWriterTest, JsonIsOneDocumentInOrderOfColumns) {
  auto writer = Make(OutputFormat::kJson);
  writer->Add({"a \"b\"\n", 1, "ab12", Cell(Json(), "-")});
  writer->Add({"\xFF", 2, "cd34", Json::object()});
  writer->Finish();
  EXPECT_EQ(out_.str(),
            "{\"models\": [\n"
            "  {\"name\":\"a \\\"b\\\"\\n\",\"items\":1,\"sha256\":\"ab12\",\"state\":null},\n"
            "  {\"name\":\"\xEF\xBF\xBD\",\"items\":2,\"sha256\":\"cd34\",\"state\":{}}\n"
            "]}\n");
}

TEST_F(RecordWriterTest, EmptyJsonIsADocumentToo) {
  Make(OutputFormat::kJson)->Finish();
  EXPECT_EQ(Json::parse(out_.str()), Json::parse(R"({"models": []})"));
}

TEST_F(RecordWriterTest, CsvFollowsRfc4180) {
  auto writer = Make(OutputFormat::kCsv);
  writer->Add({"a,b", 1, "say \"hi\"", "two\nlines"});
  writer->Add({"", 2, Cell(Json(), "-"), Json{{"A", 1.5}, {"B", 2}}});
  writer->Finish();
  EXPECT_EQ(out_.str(),
            "name,items,sha256,state\r\n"
            "\"a,b\",1,\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
            ",2,,\"{\"\"A\"\":1.5,\"\"B\"\":2}\"\r\n");
}

TEST(ParseOutputFormatTest, NamesTheFormatsThereAre) {
  EXPECT_EQ(*ParseOutputFormat("csv"), OutputFormat::kCsv);
  EXPECT_EQ(ParseOutputFormat("xml").status().message(),
            "unknown format \"xml\"; there are: table, json, csv");
}

}  // namespace
}  // namespace assay
