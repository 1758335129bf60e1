#include "worker/remote/curl_transport.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

// Takes connections one after the other, reads a request up to the end of its small body, and hands
// the socket to `answer`.
class RawServer {
 public:
  explicit RawServer(std::function<void(int socket, const std::string& request)> answer)
      : answer_(std::move(answer)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~RawServer() {
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url() const { return absl::StrCat("http://127.0.0.1:", port_, "/v1/x"); }
  bool stopping() const { return stopping_; }

 private:
  void Serve() {
    while (true) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      std::string request;
      char buffer[4096];
      while (!absl::EndsWith(request, "\r\n\r\n{}")) {
        const ssize_t bytes = read(connection, buffer, sizeof(buffer));
        if (bytes <= 0) break;
        request.append(buffer, static_cast<size_t>(bytes));
      }
      answer_(connection, request);
      close(connection);
    }
  }

  const std::function<void(int, const std::string&)> answer_;
  const int listener_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

void Send(int socket, const std::string& text) {
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t bytes = send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (bytes <= 0) return;
    sent += static_cast<size_t>(bytes);
  }
}

// Closes with a reset instead of an orderly end.
void Reset(int socket) {
  const linger now = {1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

absl::StatusOr<HttpResponse> Post(const std::string& url,
                                  absl::Duration timeout = absl::Seconds(20),
                                  CurlOptions options = CurlOptions()) {
  CurlTransport transport(std::move(options));
  HttpRequest request;
  request.url = url;
  request.bearer = "sk-1";
  request.body = "{}";
  request.timeout = timeout;
  return transport.Post(request, Cancellation());
}

TEST(CurlTransportTest, PostsAndTakesTheAnswer) {
  std::string seen;
  RawServer server([&](int socket, const std::string& request) {
    seen = request;
    Send(socket,
         "HTTP/1.1 429 Slow down\r\nretry-AFTER:  7 \r\nContent-Length: 4\r\n"
         "Connection: close\r\n\r\nbusy");
  });
  const absl::StatusOr<HttpResponse> response = Post(server.url());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->retry_after, "7");
  EXPECT_EQ(response->body, "busy");
  EXPECT_TRUE(absl::StartsWith(seen, "POST /v1/x HTTP/1.1\r\n")) << seen;
  EXPECT_THAT(seen, HasSubstr("\r\nAuthorization: Bearer sk-1\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\n"));
}

TEST(CurlTransportTest, RedirectsAreNotFollowed) {
  std::atomic<int> requests{0};
  RawServer server([&](int socket, const std::string&) {
    ++requests;
    Send(
        socket,
        "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  const absl::StatusOr<HttpResponse> response = Post(server.url());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(requests, 1);
}

TEST(CurlTransportTest, BrokenAnswersAreUnavailable) {
  RawServer half([](int socket, const std::string&) {
    Send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choi");
  });
  EXPECT_EQ(Post(half.url()).status().code(), absl::StatusCode::kUnavailable);
  RawServer reset([](int socket, const std::string&) {
    Send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"choi");
    Reset(socket);
  });
  EXPECT_EQ(Post(reset.url()).status().code(), absl::StatusCode::kUnavailable);
  RawServer nothing([](int, const std::string&) {});
  EXPECT_EQ(Post(nothing.url()).status().code(), absl::StatusCode::kUnavailable);
  RawServer nonsense([](int socket, const std::string&) { Send(socket, "hello\r\n\r\n"); });
  EXPECT_FALSE(Post(nonsense.url()).ok());
}

TEST(CurlTransportTest, NobodyListens) {
  std::string url;
  {
    RawServer server([](int, const std::string&) {});
    url = server.url();
  }
  EXPECT_EQ(Post(url).status().code(), absl::StatusCode::kUnavailable);
}

TEST(CurlTransportTest, ASilentServerTimesOut) {
  RawServer* self = nullptr;
  RawServer server([&](int, const std::string&) {
    while (!self->stopping()) absl::SleepFor(absl::Milliseconds(5));
  });
  self = &server;
  EXPECT_EQ(Post(server.url(), absl::Milliseconds(200)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(CurlTransportTest, AHugeAnswerIsBrokenOff) {
  RawServer server([](int socket, const std::string&) {
    Send(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    const std::string block(1 << 16, 'x');
    for (int i = 0; i < 1000; ++i) Send(socket, block);
  });
  const absl::Status status =
      Post(server.url(), absl::Seconds(20), {.max_answer_bytes = 1 << 20}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("1048576 bytes"));
}

TEST(CurlTransportTest, CalledOffInTheMiddle) {
  RawServer* self = nullptr;
  RawServer server([&](int, const std::string&) {
    while (!self->stopping()) absl::SleepFor(absl::Milliseconds(5));
  });
  self = &server;
  CurlTransport transport({});
  HttpRequest request;
  request.url = server.url();
  request.body = "{}";
  Cancellation cancellation;
  std::thread other([&] {
    absl::SleepFor(absl::Milliseconds(50));
    cancellation.Cancel();
  });
  EXPECT_EQ(transport.Post(request, cancellation).status().code(), absl::StatusCode::kCancelled);
  other.join();
  EXPECT_EQ(transport.Post(request, cancellation).status().code(), absl::StatusCode::kCancelled);
}

TEST(CurlTransportTest, OnlyHttpIsSpoken) {
  EXPECT_EQ(Post("file:///etc/passwd").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Post("ftp://127.0.0.1/x").status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace assay
