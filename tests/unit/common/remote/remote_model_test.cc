#include "common/remote/remote_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RemoteEndpoint AnEndpoint() {
  RemoteEndpoint endpoint;
  endpoint.model = "gpt-x";
  endpoint.api = RemoteApi::kCompletions;
  endpoint.key_name = "OPENAI_API_KEY";
  endpoint.input_price = 0.5;
  endpoint.output_price = 1.5;
  endpoint.requests_per_minute = 60;
  endpoint.tokens_per_minute = 90000;
  endpoint.concurrency = 4;
  return endpoint;
}

TEST(RemoteModelTest, UrlsAreWrittenInOneWay) {
  EXPECT_EQ(*NormalizeEndpointUrl("HTTPS://Host.Example:8000/v1/"), "https://host.example:8000/v1");
  EXPECT_EQ(*NormalizeEndpointUrl("http://host"), "http://host");
  EXPECT_EQ(*NormalizeEndpointUrl("http://host/Path//"), "http://host/Path");
}

TEST(RemoteModelTest, OtherUrlsAreRefused) {
  for (const char* url :
       {"", "host/v1", "file:///etc/passwd", "ftp://host/v1", "https://", "https:///v1",
        "https://host/v1?key=1", "https://host/v1#x", "https://host/a b", "https://host/v1\n",
        "https://host/v1/chat/completions", "https://host/v1/completions/"}) {
    EXPECT_EQ(NormalizeEndpointUrl(url).status().code(), absl::StatusCode::kInvalidArgument) << url;
  }
  const absl::Status status = NormalizeEndpointUrl("https://me:secret@host/v1").status();
  EXPECT_THAT(status.message(), HasSubstr("user or a password"));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
}

TEST(RemoteModelTest, AnEndpointIsChecked) {
  EXPECT_TRUE(CheckRemoteEndpoint(AnEndpoint()).ok());
  const auto expect_refused = [](const char* field, auto change) {
    RemoteEndpoint endpoint = AnEndpoint();
    change(endpoint);
    EXPECT_THAT(CheckRemoteEndpoint(endpoint).message(), HasSubstr(field));
  };
  expect_refused("remote.model", [](RemoteEndpoint& e) { e.model = ""; });
  expect_refused("remote.model", [](RemoteEndpoint& e) { e.model = "a b"; });
  expect_refused("remote.input_price", [](RemoteEndpoint& e) { e.input_price = -1; });
  expect_refused("remote.output_price", [](RemoteEndpoint& e) { e.output_price = std::nan(""); });
  expect_refused("remote.requests_per_minute",
                 [](RemoteEndpoint& e) { e.requests_per_minute = -1; });
  expect_refused("remote.tokens_per_minute", [](RemoteEndpoint& e) { e.tokens_per_minute = -1; });
  expect_refused("remote.concurrency", [](RemoteEndpoint& e) { e.concurrency = 0; });
  expect_refused("remote.concurrency", [](RemoteEndpoint& e) { e.concurrency = 257; });
}

TEST(RemoteModelTest, OnlyNamesOfKeysAreAcceptedAndNothingIsQuoted) {
  for (const char* name :
       {"PATH", "AWS_SECRET_ACCESS_KEY", "sk-abc123", "openai_API_KEY", "A KEY_API_KEY"}) {
    RemoteEndpoint endpoint = AnEndpoint();
    endpoint.key_name = name;
    const absl::Status status = CheckRemoteEndpoint(endpoint);
    EXPECT_THAT(status.message(), HasSubstr("remote.key_name")) << name;
    EXPECT_THAT(status.message(), Not(HasSubstr(name)));
  }
}

TEST(RemoteModelTest, TheIdentityIsUrlModelAndApi) {
  const RemoteEndpoint endpoint = AnEndpoint();
  const std::string digest = RemoteModelDigest("https://host/v1", endpoint);
  EXPECT_EQ(digest.size(), 64u);
  RemoteEndpoint other = endpoint;
  other.key_name = "OTHER_API_KEY";
  other.input_price = 7;
  other.concurrency = 1;
  EXPECT_EQ(RemoteModelDigest("https://host/v1", other), digest);
  EXPECT_NE(RemoteModelDigest("https://host/v2", endpoint), digest);
  other = endpoint;
  other.model = "gpt-y";
  EXPECT_NE(RemoteModelDigest("https://host/v1", other), digest);
  other = endpoint;
  other.api = RemoteApi::kChat;
  EXPECT_NE(RemoteModelDigest("https://host/v1", other), digest);
}

TEST(RemoteModelTest, AModelOfIt) {
  const ModelSpec model = *MakeRemoteModel("gpt", "https://HOST/v1/", AnEndpoint(), 4096, 3.5);
  EXPECT_EQ(model.format, "openai");
  EXPECT_EQ(model.path, "https://host/v1");
  EXPECT_EQ(model.weights_sha256, RemoteModelDigest("https://host/v1", AnEndpoint()));
  EXPECT_EQ(model.tokenizer_sha256, "");
  EXPECT_EQ(model.context_length, 4096);
  EXPECT_EQ(model.characters_per_token, 3.5);
  EXPECT_EQ(model.remote, AnEndpoint());
}

TEST(RemoteModelTest, JsonKeepsEverything) {
  EXPECT_EQ(*RemoteEndpointFromJson(RemoteEndpointToJson(AnEndpoint())), AnEndpoint());
  for (const char* json : {"", "[]", "{}", R"({"model": 1})"}) {
    EXPECT_EQ(RemoteEndpointFromJson(json).status().code(), absl::StatusCode::kDataLoss) << json;
  }
}

TEST(RemoteModelTest, CostIsPriceTimesTokens) {
  RemoteEndpoint endpoint = AnEndpoint();
  EXPECT_DOUBLE_EQ(*RemoteCost(endpoint, 2'000'000, 1'000'000), 2.5);
  EXPECT_DOUBLE_EQ(*RemoteCost(endpoint, 0, 0), 0);
  endpoint.input_price = endpoint.output_price = 0;
  EXPECT_FALSE(RemoteCost(endpoint, 1, 1).has_value());
}

}  // namespace
}  // namespace assay
