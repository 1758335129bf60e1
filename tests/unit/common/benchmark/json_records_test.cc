#include "common/benchmark/json_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Type = JsonNode::Type;

absl::StatusOr<std::vector<JsonRecord>> Read(absl::string_view content, JsonRecords records,
                                             int64_t first_line = 1) {
  std::vector<JsonRecord> all;
  const absl::Status status = ForEachJsonRecord(
      "f", content, records,
      [&](const JsonRecord& record) {
        all.push_back(record);
        return absl::OkStatus();
      },
      first_line);
  if (!status.ok()) return status;
  return all;
}

std::string Error(absl::string_view content, JsonRecords records = JsonRecords::kWhole) {
  return std::string(Read(content, records).status().message());
}

TEST(JsonRecordsTest, WholeValueWithItsLines) {
  const auto records = Read(R"({"a": "x",
    "b": [1, -2.50,
      true
    ], "c": {"d": null}})",
                            JsonRecords::kWhole, 10);
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 1u);
  const JsonNode& node = records->front().value;
  EXPECT_EQ(node.type, Type::kObject);
  EXPECT_EQ(node.line, 10);
  EXPECT_THAT(node.keys, ElementsAre("a", "b", "c"));
  EXPECT_EQ(node.Find("a")->text, "x");
  const JsonNode& list = *node.Find("b");
  EXPECT_EQ(list.line, 11);
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[0].text, "1");
  EXPECT_EQ(list.items[0].line, 11);
  EXPECT_EQ(list.items[1].text, "-2.50");
  EXPECT_EQ(list.items[2].type, Type::kBoolean);
  EXPECT_EQ(list.items[2].line, 12);
  EXPECT_EQ(node.Find("c")->Find("d")->type, Type::kNull);
  EXPECT_EQ(node.Find("d"), nullptr);
}

TEST(JsonRecordsTest, NumberAtTheEndOfALineIsOfThatLine) {
  const auto records = Read("[1\n,\n2\n]", JsonRecords::kWhole);
  ASSERT_TRUE(records.ok());
  EXPECT_EQ(records->front().value.items[0].line, 1);
  EXPECT_EQ(records->front().value.items[1].line, 3);
}

TEST(JsonRecordsTest, MembersOfTheTopLevelObject) {
  const auto records = Read("{\"x\": 1,\n\"y\": {\"z\": [2]}}", JsonRecords::kMembers);
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].key, "x");
  EXPECT_EQ((*records)[1].key, "y");
  EXPECT_EQ((*records)[1].value.line, 2);
  EXPECT_TRUE(Read("{}", JsonRecords::kMembers)->empty());
  EXPECT_EQ(Error("[]", JsonRecords::kMembers),
            "f:1: the file holds an array where it must be an object");
  EXPECT_EQ(Error("{\"x\": 1, \"x\": 2}", JsonRecords::kMembers), "f:1: \"x\" is there twice");
}

TEST(JsonRecordsTest, ExamplesAloneAreKept) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  const auto records = Read(absl::StrCat("{\"n\": 1, \"x\": ", deep,
                                         ", \"examples\": [{\"a\": 1}, 2], \"y\": {\"z\": 3}}"),
                            JsonRecords::kExamples);
  ASSERT_TRUE(records.ok()) << records.status();
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].value.Find("a")->text, "1");
  EXPECT_EQ((*records)[1].value.text, "2");
  EXPECT_EQ(Error("{\"x\": []}", JsonRecords::kExamples), "f:1: no \"examples\"");
  EXPECT_EQ(Error("{\"examples\": {}}", JsonRecords::kExamples),
            "f:1: \"examples\" is an object where it must be an array");
  EXPECT_EQ(Error("7", JsonRecords::kExamples),
            "f:1: the file holds a number where it must be an object");
  EXPECT_EQ(Error("{\"examples\": [],\n\"examples\": []}", JsonRecords::kExamples),
            "f:2: \"examples\" is there twice");
}

TEST(JsonRecordsTest, WhatIsNoJsonIsRefusedWithItsLine) {
  EXPECT_THAT(Error("{\"a\":\n1,,"), HasSubstr("f:2: not JSON: "));
  EXPECT_THAT(Error(""), HasSubstr("f:1: not JSON: "));
  EXPECT_THAT(Error("{}\n{}"), HasSubstr("f:2: not JSON: "));
  EXPECT_THAT(Error("{\n\"\xFF\": 1}"), HasSubstr("f:2: byte 0xff is not UTF-8"));
  EXPECT_EQ(Error("{\"a\": \"\\u0000\"}"), "f:1: a text has a NUL character; remove it");
  EXPECT_EQ(Error("{\"\\u0000\": 1}", JsonRecords::kMembers),
            "f:1: a key has a NUL character; remove it");
  EXPECT_EQ(Error("{\"a\": {\"b\": 1,\n\"b\": 2}}"), "f:2: \"b\" is there twice");
}

TEST(JsonRecordsTest, RecordsBeyondReasonAreRefused) {
  EXPECT_TRUE(Read(std::string(16, '[') + std::string(16, ']'), JsonRecords::kWhole).ok());
  EXPECT_EQ(Error(std::string(17, '[') + std::string(17, ']')),
            "f:1: nested in more than 16 levels");
  std::string many = "[0";
  for (int i = 0; i < 200000; ++i) many += ",0";
  EXPECT_EQ(Error(many + "]"), "f:1: a record of more than 200000 values");
}

TEST(JsonRecordsTest, TheFirstErrorEndsIt) {
  int calls = 0;
  const absl::Status status =
      ForEachJsonRecord("f", "{\"x\": 1, \"y\": 2}", JsonRecords::kMembers, [&](const JsonRecord&) {
        ++calls;
        return absl::NotFoundError("one");
      });
  EXPECT_EQ(status, absl::NotFoundError("one"));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace assay
