#include "worker/remote/endpoint_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EndpointErrorsTest, WhatPassesIsTriedAgain) {
  for (const int status : {408, 409, 425, 429, 500, 502, 503, 504, 529}) {
    EXPECT_EQ(RemedyFor(status, ""), Remedy::kTryAgain) << status;
  }
  for (const int status : {400, 413, 422}) {
    EXPECT_EQ(RemedyFor(status, ""), Remedy::kGiveUp) << status;
  }
  for (const int status : {301, 302, 401, 403, 404, 405}) {
    EXPECT_EQ(RemedyFor(status, ""), Remedy::kFailRun) << status;
  }
  EXPECT_EQ(RemedyFor(429, R"({"error": {"code": "insufficient_quota"}})"), Remedy::kFailRun);
}

TEST(EndpointErrorsTest, WordsAreTheEndpointsOwn) {
  EXPECT_EQ(EndpointWords(R"({"error": {"message": "no such model", "type": "x"}})", ""),
            "no such model");
  EXPECT_EQ(EndpointWords(R"({"error": "bad"})", ""), "bad");
  EXPECT_EQ(EndpointWords(R"({"detail": "bad"})", ""), "bad");
  EXPECT_EQ(EndpointWords(R"({"message": "bad"})", ""), "bad");
  EXPECT_EQ(EndpointWords(R"({"error": {"message": 7}})", ""), R"({\"error\": {\"message\": 7}})");
  EXPECT_EQ(EndpointWords("<html>\nbusy", ""), "<html>\\nbusy");
  EXPECT_EQ(EndpointWords(" \n", ""), "it gave no reason");
}

TEST(EndpointErrorsTest, WordsAreShortPrintableAndWithoutTheKey) {
  const std::string words = EndpointWords(
      "Incorrect API key provided: sk-secret\xFF. " + std::string(5000, 'x'), "sk-secret");
  EXPECT_THAT(words, HasSubstr("provided: [key]\\377."));
  EXPECT_THAT(words, Not(HasSubstr("sk-secret")));
  EXPECT_LT(words.size(), 600u);
}

TEST(EndpointErrorsTest, RetryAfterIsSecondsOrADate) {
  const absl::Time now = absl::FromUnixSeconds(1'445'412'480);  // Wed, 21 Oct 2015 07:28:00 GMT
  EXPECT_EQ(ReadRetryAfter("20", now), absl::Seconds(20));
  EXPECT_EQ(ReadRetryAfter("0.5", now), absl::Milliseconds(500));
  EXPECT_EQ(ReadRetryAfter("Wed, 21 Oct 2015 07:28:30 GMT", now), absl::Seconds(30));
  EXPECT_EQ(ReadRetryAfter("Wed, 21 Oct 2015 07:27:30 GMT", now), absl::ZeroDuration());
  for (const char* header : {"", "soon", "-1", "nan", "inf"}) {
    EXPECT_EQ(ReadRetryAfter(header, now), std::nullopt) << header;
  }
}

}  // namespace
}  // namespace assay
