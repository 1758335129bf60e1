#include "worker/remote/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <string>

#include "common/base/file.h"

namespace assay {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ApiKeysTest : public ::testing::Test {
 protected:
  ApiKeys::Environment Environment() {
    return [this](const char* name) -> const char* {
      const auto found = environment_.find(name);
      return found == environment_.end() ? nullptr : found->second.c_str();
    };
  }
  absl::StatusOr<ApiKeys> Read(const std::string& content, mode_t mode = 0600) {
    const std::string path = ::testing::TempDir() + "/assay_keys";
    EXPECT_TRUE(WriteFile(path, content).ok());
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return ApiKeys::Read(path, Environment());
  }

  std::map<std::string, std::string> environment_;
};

TEST_F(ApiKeysTest, FromTheEnvironment) {
  environment_ = {
      {"A_API_KEY", " sk-1\n"}, {"EMPTY_API_KEY", ""}, {"BAD_API_KEY", "a\r\nX-Header: b"}};
  const ApiKeys keys(Environment());
  EXPECT_EQ(*keys.Find("", "https://host/v1"), "");
  EXPECT_EQ(*keys.Find("A_API_KEY", "https://host/v1"), "sk-1");
  for (const char* name : {"B_API_KEY", "EMPTY_API_KEY", "BAD_API_KEY"}) {
    const absl::Status status = keys.Find(name, "https://host/v1").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(status.message(), AllOf(HasSubstr(name), Not(HasSubstr("X-Header"))));
  }
}

TEST_F(ApiKeysTest, AFilesKeyGoesToItsUrlAlone) {
  environment_ = {{"A_API_KEY", "other"}, {"C_API_KEY", "sk-3"}};
  const absl::StatusOr<ApiKeys> keys =
      Read("# mine\n\nA_API_KEY https://Host/v1/ sk-1\nA_API_KEY\thttps://two/v1  sk-2\n");
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(*keys->Find("A_API_KEY", "https://host/v1"), "sk-1");
  EXPECT_EQ(*keys->Find("A_API_KEY", "https://host/v1/deployment"), "sk-1");
  EXPECT_EQ(*keys->Find("A_API_KEY", "https://two/v1"), "sk-2");
  EXPECT_EQ(*keys->Find("C_API_KEY", "https://host/v1"), "sk-3");
  for (const char* url :
       {"https://evil/v1", "https://host/v11", "https://host", "http://host/v1"}) {
    EXPECT_EQ(keys->Find("A_API_KEY", url).status().code(), absl::StatusCode::kFailedPrecondition)
        << url;
  }
}

TEST_F(ApiKeysTest, ErrorsNameTheLineAndQuoteNothing) {
  for (const char* line : {"A_API_KEY sk-secret", "A_API_KEY https://h/v1 sk-secret more",
                           "A_API_KEY ftp://sk-secret/v1 sk-secret"}) {
    const absl::Status status = Read(std::string("# keys\n") + line + "\n").status();
    EXPECT_THAT(status.message(), AllOf(HasSubstr("line 2"), Not(HasSubstr("sk-secret")))) << line;
  }
}

TEST_F(ApiKeysTest, AFileThatOthersReadIsRefused) {
  EXPECT_THAT(Read("", 0644).status().message(), HasSubstr("chmod 600"));
  EXPECT_FALSE(ApiKeys::Read("/nosuch/file", Environment()).ok());
}

TEST_F(ApiKeysTest, Redaction) {
  EXPECT_EQ(Redact("key sk-1, again sk-1", "sk-1"), "key [key], again [key]");
  EXPECT_EQ(Redact("text", ""), "text");
}

}  // namespace
}  // namespace assay
