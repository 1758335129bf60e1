#include "client/doctor/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using ::testing::HasSubstr;

// Of the year 2026; made by:
//   faketime '2026-01-01 00:00:00 UTC' openssl req -x509 -newkey ec -pkeyopt
//   ec_paramgen_curve:prime256v1 -nodes
//     -keyout /dev/null -subj /CN=coordinator.example -days 365
constexpr char kPem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBkjCCATegAwIBAgIUSHknEx0RvvWs9cGFBWpM/emiEn0wCgYIKoZIzj0EAwIw\n"
    "HjEcMBoGA1UEAwwTY29vcmRpbmF0b3IuZXhhbXBsZTAeFw0yNjAxMDEwMDAwMDFa\n"
    "Fw0yNzAxMDEwMDAwMDFaMB4xHDAaBgNVBAMME2Nvb3JkaW5hdG9yLmV4YW1wbGUw\n"
    "WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATCBqTs3v3QjlhbPxqZzUN6kCTbP4/1\n"
    "0J58vRXyR0eYr6NPU9l7cIWBD6SocmTkFbvflzMapij68iD5pv28hSmVo1MwUTAd\n"
    "BgNVHQ4EFgQU/uu4Cq0NA/9uIyBMUAvbHLFVxlIwHwYDVR0jBBgwFoAU/uu4Cq0N\n"
    "A/9uIyBMUAvbHLFVxlIwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBG\n"
    "AiEA9MwO2HZTLJjEVPluijVumqWDBs9hEgK3DHnaSWYGSRQCIQC1FrlNfhIKBtFv\n"
    "LwY3PCxoqCLVMd1XE2XHOYL6Dh4MJA==\n"
    "-----END CERTIFICATE-----\n";

absl::Time At(int year, int month, int day) {
  return absl::FromCivil(absl::CivilDay(year, month, day), absl::UTCTimeZone());
}

TEST(CertificateTest, ReadsItsDates) {
  const absl::StatusOr<CertificateValidity> validity = ReadValidity(kPem);
  ASSERT_TRUE(validity.ok()) << validity.status();
  EXPECT_EQ(validity->not_before, At(2026, 1, 1) + absl::Seconds(1));
  EXPECT_EQ(validity->not_after, At(2027, 1, 1) + absl::Seconds(1));
}

TEST(CertificateTest, TellsWhenItRunsOut) {
  const auto level = [](absl::Time now) { return CheckCertificate("it", kPem, now).level; };
  EXPECT_EQ(level(At(2025, 12, 31)), Level::kProblem);
  EXPECT_EQ(level(At(2026, 6, 1)), Level::kOk);
  EXPECT_EQ(level(At(2026, 12, 1)), Level::kOk);
  EXPECT_EQ(level(At(2026, 12, 5)), Level::kWarning);
  EXPECT_EQ(level(At(2027, 1, 2)), Level::kProblem);
  EXPECT_EQ(CheckCertificate("it", kPem, At(2027, 1, 2)).text, "ran out on 2027-01-01");
}

TEST(CertificateTest, RefusesWhatIsNone) {
  for (const std::string& text : {std::string(), std::string("hello"), std::string(kPem, 300)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadValidity(text).status())) << text;
    const Finding finding = CheckCertificate("it", text, At(2026, 6, 1));
    EXPECT_EQ(finding.level, Level::kProblem);
    EXPECT_THAT(finding.advice, HasSubstr("PEM"));
  }
}

}  // namespace
}  // namespace assay
