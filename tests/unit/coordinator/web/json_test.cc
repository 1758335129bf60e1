#include "coordinator/web/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "assay/v1/browse_service.pb.h"

namespace assay {
namespace {

using testing::HasSubstr;

TEST(JsonTest, NamesAndEnumerationsAreThoseOfTheProtocolAndDefaultsAreWritten) {
  v1::SampleRow row;
  row.set_item_ordinal(1'234'567'890'123);
  row.set_verdict(v1::VERDICT_WRONG);
  row.set_value(std::numeric_limits<double>::quiet_NaN());
  row.set_output("\xC3\x84\n<");
  const std::string json = ToJson(row).value();
  EXPECT_THAT(json, HasSubstr("\"item_ordinal\":\"1234567890123\""));
  EXPECT_THAT(json, HasSubstr("\"verdict\":\"VERDICT_WRONG\""));
  EXPECT_THAT(json, HasSubstr("\"value\":\"NaN\""));
  EXPECT_THAT(json, HasSubstr("\"truncated\":false"));
  v1::SampleRow back;
  ASSERT_TRUE(FromJson(json, &back).ok());
  EXPECT_EQ(back.output(), row.output());
  v1::CompareRunsRequest request;
  EXPECT_THAT(ToJson(request).value(), testing::Not(HasSubstr("seed")));  // may be absent
}

TEST(JsonTest, WhatIsNoSuchMessageIsRefused) {
  v1::CompareRunsRequest request;
  for (const char* wrong :
       {"{", "[]", "{\"nothing\": 1}", "{\"run_ids\": \"x\"}", "{\"groups\": 7}", "null x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(FromJson(wrong, &request))) << wrong;
  }
  EXPECT_TRUE(FromJson("", &request).ok());
  EXPECT_TRUE(FromJson("{\"run_ids\": [\"1\", 2]}", &request).ok());
  EXPECT_EQ(request.run_ids_size(), 2);
}

TEST(JsonTest, ParametersOfAUrlBecomeFields) {
  v1::ListSamplesRequest request;
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"run_id", "7"},
                                                        {"verdicts", "VERDICT_WRONG"},
                                                        {"verdicts", "VERDICT_ERROR"},
                                                        {"truncated", "true"},
                                                        {"text", "a b"},
                                                        {"page_size", "3"},
                                                        {"from_ordinal", "0"}}) {
    ASSERT_TRUE(SetField(name, value, &request).ok()) << name;
  }
  EXPECT_EQ(request.run_id(), 7);
  EXPECT_EQ(request.verdicts_size(), 2);
  EXPECT_TRUE(request.truncated());
  EXPECT_TRUE(request.has_from_ordinal());
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"nothing", "1"},
                                                        {"page_size", "9999999999"},
                                                        {"page_size", "2.5"},
                                                        {"backwards", "1"},
                                                        {"verdicts", "WRONG"},
                                                        {"run_id", "8"}}) {
    const absl::Status status = SetField(name, value, &request);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name + ": "));
  }
  v1::Sample sample;
  EXPECT_TRUE(absl::IsInvalidArgument(SetField("item", "x", &sample)));
}

}  // namespace
}  // namespace assay
