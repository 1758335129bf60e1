#include "common/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/http/gzip.h"
#include "common/http/request_target.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

int Connect(const std::string& address) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) << address;
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  return connection;
}

// Sends `request` as it is, and returns the whole answer.
std::string Send(const std::string& address, const std::string& request) {
  const int connection = Connect(address);
  EXPECT_EQ(send(connection, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char part[4096];
  for (ssize_t size; (size = read(connection, part, sizeof(part))) > 0;) {
    answer.append(part, static_cast<size_t>(size));
  }
  close(connection);
  return answer;
}

std::string Get(const std::string& address, const std::string& path,
                const std::string& headers = "") {
  return Send(address,
              absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\n", headers, "\r\n"));
}

std::unique_ptr<HttpServer> StartServer(int threads = 4, int ordinary = 2) {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  options.threads = threads;
  options.ordinary = ordinary;
  options.max_body = 100;
  options.timeout_ms = 2000;
  auto server = HttpServer::Start(options);
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

WebResponse Text(const std::string& text) {
  WebResponse response;
  response.body = text;
  return response;
}

TEST(HttpServerTest, TheLongestPathThatFitsIsAsked) {
  const auto server = StartServer();
  for (const char* path : {"/", "/api/", "/api/v1/", "/metrics"}) {
    server->Handle(path, HttpShare::kOrdinary, [path](const WebRequest& request) {
      return Text(absl::StrCat(path, "|", request.path));
    });
  }
  EXPECT_THAT(Get(server->address(), "/api/v1/jobs"), EndsWith("\r\n\r\n/api/v1/|/api/v1/jobs"));
  EXPECT_THAT(Get(server->address(), "/api/v2"), EndsWith("/api/|/api/v2"));
  EXPECT_THAT(Get(server->address(), "/metrics"), EndsWith("/metrics|/metrics"));
  EXPECT_THAT(Get(server->address(), "/metricsX"), EndsWith("/|/metricsX"));
  EXPECT_THAT(Get(server->address(), "/a%20b/../c"), EndsWith("/|/c"));
}

TEST(HttpServerTest, AnswersSayWhatBrowsersMustNotDo) {
  const auto server = StartServer();
  server->Handle("/", HttpShare::kOrdinary, [](const WebRequest&) { return Text("here"); });
  for (const std::string& answer :
       {Get(server->address(), "/"), Send(server->address(), "DELETE / HTTP/1.1\r\n\r\n"),
        Send(server->address(), "NONSENSE\r\n\r\n")}) {
    EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
    EXPECT_THAT(answer, HasSubstr("X-Frame-Options: DENY\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'"));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  }
}

TEST(HttpServerTest, WhatIsMalformedOrTooLargeIsRefused) {
  const auto server = StartServer();
  server->Handle("/", HttpShare::kOrdinary,
                 [](const WebRequest& request) { return Text(request.body); });
  const auto post = [&](const std::string& headers, const std::string& body) {
    return Send(server->address(),
                absl::StrCat("POST / HTTP/1.1\r\nHost: localhost\r\n", headers, "\r\n", body));
  };
  EXPECT_THAT(post("Content-Length: 4\r\n", "body"), EndsWith("\r\n\r\nbody"));
  EXPECT_THAT(post("", ""), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(post("Content-Length: 101\r\n", ""), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(post("Content-Length: -5\r\n", ""), StartsWith("HTTP/1.1 4"));
  EXPECT_THAT(post("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 411 "));
  EXPECT_THAT(Send(server->address(), "PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Get(server->address(), "/", absl::StrCat("X: ", std::string(20000, 'x'), "\r\n")),
              Not(StartsWith("HTTP/1.1 200")));
  EXPECT_THAT(Get(server->address(), "/"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServerTest, AServerOfThisMachineIsAskedByItsOwnNamesOnly) {
  const auto server = StartServer();
  server->Handle("/", HttpShare::kOrdinary, [](const WebRequest&) { return Text("here"); });
  const auto ask = [&](const std::string& host) {
    return Send(server->address(), absl::StrCat("GET / HTTP/1.1\r\nHost: ", host, "\r\n\r\n"));
  };
  EXPECT_THAT(ask("127.0.0.1:1234"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask("[::1]:1234"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(ask("rebound.example:1234"), StartsWith("HTTP/1.1 403 "));
  // A name of anybody's, which only begins as an address of this machine does.
  EXPECT_THAT(ask("127.0.0.1.rebound.example:1234"), StartsWith("HTTP/1.1 403 "));
  EXPECT_TRUE(IsOwnHost("0.0.0.0:80", "any.example"));
  EXPECT_FALSE(IsOwnHost("localhost:80", "localhost.example"));
  EXPECT_TRUE(IsOwnHost("[::1]:80", "localhost"));
}

TEST(HttpServerTest, ScrapesAreAnsweredWhileAllThatIsOrdinaryIsBusy) {
  const auto server = StartServer(/*threads=*/4, /*ordinary=*/2);
  absl::Notification release;
  std::atomic<int> begun = 0;
  server->Handle("/slow", HttpShare::kOrdinary, [&](const WebRequest&) {
    ++begun;
    release.WaitForNotification();
    return Text("slow");
  });
  server->Handle("/metrics", HttpShare::kAlways, [](const WebRequest&) { return Text("m"); });
  std::thread first([&] { EXPECT_THAT(Get(server->address(), "/slow"), EndsWith("slow")); });
  std::thread second([&] { EXPECT_THAT(Get(server->address(), "/slow"), EndsWith("slow")); });
  while (begun < 2) std::this_thread::yield();
  const std::string third = Get(server->address(), "/slow");
  EXPECT_THAT(third, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(third, HasSubstr("Retry-After: 1"));
  EXPECT_THAT(Get(server->address(), "/metrics"), EndsWith("\r\n\r\nm"));
  release.Notify();
  first.join();
  second.join();
  EXPECT_THAT(Get(server->address(), "/slow"), EndsWith("slow"));
}

TEST(HttpServerTest, LongAnswersAreCompressedForThoseWhoTakeIt) {
  const auto server = StartServer();
  const std::string text(5000, 'a');
  server->Handle("/", HttpShare::kOrdinary, [&](const WebRequest&) { return Text(text); });
  EXPECT_THAT(Get(server->address(), "/"), EndsWith(text));
  const std::string packed = Get(server->address(), "/", "Accept-Encoding: br, gzip\r\n");
  EXPECT_THAT(packed, HasSubstr("Content-Encoding: gzip\r\n"));
  const std::string body = packed.substr(packed.find("\r\n\r\n") + 4);
  EXPECT_LT(body.size(), 100u);
  std::string unpacked(text.size(), '\0');
  z_stream stream = {};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  EXPECT_EQ(unpacked, text);
  const std::string head = Send(server->address(), "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 5000\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
}

TEST(GzipTest, WhoTakesIt) {
  EXPECT_TRUE(AcceptsGzip("gzip"));
  EXPECT_TRUE(AcceptsGzip("deflate, GZIP;q=0.5"));
  EXPECT_TRUE(AcceptsGzip("*"));
  EXPECT_FALSE(AcceptsGzip(""));
  EXPECT_FALSE(AcceptsGzip("br"));
  EXPECT_FALSE(AcceptsGzip("*, gzip;q=0"));
  EXPECT_FALSE(AcceptsGzip("gzip;q=x"));
}

TEST(HttpServerTest, AddressesThatCannotBeServedAreTold) {
  const auto first = StartServer();
  HttpServerOptions options;
  options.listen = first->address();
  EXPECT_TRUE(absl::IsUnavailable(HttpServer::Start(options).status()));
  options.listen = "0.0.0.0:0";
  EXPECT_TRUE(absl::IsFailedPrecondition(HttpServer::Start(options).status()));
  for (const char* wrong : {"9090", ":9090", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x"}) {
    options.listen = wrong;
    EXPECT_TRUE(absl::IsInvalidArgument(HttpServer::Start(options).status())) << wrong;
  }
}

TEST(HttpServerTest, StopsTwice) {
  const auto server = StartServer();
  server->Stop();
  server->Stop();
}

TEST(HttpServerTest, SlowClientsHoldNoThread) {
  const auto server = StartServer(/*threads=*/1, /*ordinary=*/1);
  server->Handle("/", HttpShare::kOrdinary, [](const WebRequest&) { return Text("here"); });
  std::vector<int> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(Connect(server->address()));
    ASSERT_EQ(send(slow.back(), "GET / HT", 8, MSG_NOSIGNAL), 8);
  }
  EXPECT_THAT(Get(server->address(), "/"), EndsWith("here"));
  for (const int connection : slow) close(connection);
}

TEST(RequestTargetTest, PathsAreDecodedAndMadePlain) {
  const auto path = [](absl::string_view target) {
    const std::optional<RequestTarget> parsed = ParseTarget(target);
    return parsed.has_value() ? parsed->path : "refused";
  };
  EXPECT_EQ(path("/"), "/");
  EXPECT_EQ(path("/a//b/./c/?x=/../"), "/a/b/c/");
  EXPECT_EQ(path("/a/%2e%2E/../../b/.."), "/");
  EXPECT_EQ(path("/%E2%82%AC+"), "/€+");
  EXPECT_EQ(path("http://host:80/a?b"), "/a");
  EXPECT_EQ(path("http://host"), "/");
  for (const char* wrong : {"", "a", "*", "/%", "/%4", "/%zz", "/%00", "/a%0d%0ab", "host:443"}) {
    EXPECT_EQ(path(wrong), "refused") << wrong;
  }
  EXPECT_EQ(ParseTarget("/a?x=%20&y")->query, "x=%20&y");
}

TEST(HttpMessageTest, QueriesAreDecoded) {
  EXPECT_THAT(ParseQuery("a=1&b=x%20y+z&c&&d=%"),
              ElementsAre(Pair("a", "1"), Pair("b", "x y z"), Pair("c", ""), Pair("d", "%")));
}

}  // namespace
}  // namespace assay
