#include "worker/model/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace assay {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

// What a call refuses with; empty where it does not.
template <typename T>
std::string Refusal(const absl::StatusOr<T>& result) {
  if (result.ok()) return "";
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(result.status().message());
}

TEST(ConfigReaderTest, WholeNumbersHaveBounds) {
  const json object = {{"n", 5}};
  const ConfigReader reader(object, "a/config.json");
  EXPECT_EQ(*reader.Integer("n", 5, 5), 5);
  EXPECT_EQ(*reader.IntegerOr("n", 1, 10, 7), 5);
  EXPECT_EQ(Refusal(reader.Integer("n", 6, 10)),
            "a/config.json: field \"n\" is 5, outside 6 to 10");
  EXPECT_EQ(Refusal(reader.Integer("n", 1, 4)), "a/config.json: field \"n\" is 5, outside 1 to 4");
  EXPECT_EQ(Refusal(reader.IntegerOr("n", 1, 4, 2)),
            "a/config.json: field \"n\" is 5, outside 1 to 4");
}

TEST(ConfigReaderTest, NumbersTooLargeForTheTypeDoNotWrapAround) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const json object = {{"n", std::numeric_limits<uint64_t>::max() - 2},
                       {"list", {1, std::numeric_limits<uint64_t>::max()}},
                       {"id", int64_t{1} << 31}};
  const ConfigReader reader(object, "c");
  EXPECT_EQ(Refusal(reader.Integer("n", -10, kMost)),
            "c: field \"n\" is 18446744073709551613, outside -10 to 9223372036854775807");
  EXPECT_EQ(Refusal(reader.Integers("list")),
            "c: field \"list\" holds 18446744073709551615, which is no token id");
  EXPECT_EQ(Refusal(reader.Integers("id")),
            "c: field \"id\" holds 2147483648, which is no token id");
}

TEST(ConfigReaderTest, AbsentAndNullFieldsAreTheSame) {
  const json object = {{"null", nullptr}};
  const ConfigReader reader(object, "c");
  for (const std::string key : {"null", "absent"}) {
    const std::string missing = "c: field \"" + key + "\" is missing";
    EXPECT_FALSE(reader.Has(key));
    EXPECT_EQ(Refusal(reader.Integer(key, 0, 9)), missing);
    EXPECT_EQ(Refusal(reader.Positive(key)), missing);
    EXPECT_EQ(Refusal(reader.Text(key)), missing);
    EXPECT_EQ(Refusal(reader.Object(key)), missing);
    EXPECT_EQ(*reader.IntegerOr(key, 0, 9, 100), 100);
    EXPECT_EQ(*reader.PositiveOr(key, -1), -1);
    EXPECT_EQ(*reader.BoolOr(key, true), true);
    EXPECT_EQ(*reader.TextOr(key, "x"), "x");
    EXPECT_THAT(*reader.Integers(key), IsEmpty());
  }
}

TEST(ConfigReaderTest, EachTypeRefusesTheOthers) {
  const json values[] = {7, -2.5, "text", true, json::array({json::object()}), json::object()};
  for (const json& value : values) {
    SCOPED_TRACE(value.dump());
    const json object = {{"f", value}};
    const ConfigReader reader(object, "c");
    EXPECT_TRUE(reader.Has("f"));
    EXPECT_EQ(Refusal(reader.Integer("f", 0, 9)),
              value.is_number_integer() ? "" : "c: field \"f\" is not a whole number");
    EXPECT_EQ(Refusal(reader.Positive("f")), value == 7 ? ""
                                             : value.is_number()
                                                 ? "c: field \"f\" is -2.5, not a positive number"
                                                 : "c: field \"f\" is not a number");
    EXPECT_EQ(Refusal(reader.BoolOr("f", false)),
              value.is_boolean() ? "" : "c: field \"f\" is not true or false");
    EXPECT_EQ(Refusal(reader.Text("f")), value.is_string() ? "" : "c: field \"f\" is not a text");
    EXPECT_EQ(Refusal(reader.TextOr("f", "")),
              value.is_string() ? "" : "c: field \"f\" is not a text");
    EXPECT_EQ(Refusal(reader.Object("f")),
              value.is_object() ? "" : "c: field \"f\" is not an object");
    EXPECT_EQ(
        Refusal(reader.Integers("f")),
        value.is_number_integer() ? "" : "c: field \"f\" is not a whole number or a list of them");
  }
}

TEST(ConfigReaderTest, PositiveNumbersAreSoInFloat32) {
  for (const double value : {0.0, -1.0, 1e-60, 1e39}) {
    SCOPED_TRACE(value);
    const json object = {{"f", value}};
    EXPECT_EQ(Refusal(ConfigReader(object, "c").Positive("f")),
              "c: field \"f\" is " + json(value).dump() + ", not a positive number");
  }
  for (const double value : {1e-30, 1.0, 1e38}) {
    const json object = {{"f", value}};
    EXPECT_EQ(*ConfigReader(object, "c").Positive("f"), value);
  }
}

TEST(ConfigReaderTest, TokenIdsAreOneOrAList) {
  const json object = {
      {"one", 2}, {"many", {3, 0, 4}}, {"none", json::array()}, {"negative", {1, -1}}};
  const ConfigReader reader(object, "c");
  EXPECT_THAT(*reader.Integers("one"), ElementsAre(2));
  EXPECT_THAT(*reader.Integers("many"), ElementsAre(3, 0, 4));
  EXPECT_THAT(*reader.Integers("none"), IsEmpty());
  EXPECT_EQ(Refusal(reader.Integers("negative")),
            "c: field \"negative\" holds -1, which is no token id");
}

TEST(ConfigReaderTest, ErrorsWithinAnObjectNameIt) {
  const json object = {{"rope", {{"factor", "two"}}}};
  const ConfigReader reader(object, "c");
  const auto rope = reader.Object("rope");
  ASSERT_TRUE(rope.ok());
  EXPECT_EQ(Refusal(rope->Positive("factor")), "c: rope: field \"factor\" is not a number");
}

}  // namespace
}  // namespace assay
