#include "common/metrics/metrics_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/numbers.h"

namespace assay {
namespace {

using testing::HasSubstr;

// The answer to GET /metrics, headers and all.
std::string Scrape(const std::string& address) {
  int port = 0;
  EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) << address;
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
  EXPECT_EQ(write(connection, request.data(), request.size()),
            static_cast<ssize_t>(request.size()));
  std::string answer;
  char part[4096];
  for (ssize_t size; (size = read(connection, part, sizeof(part))) > 0;) {
    answer.append(part, static_cast<size_t>(size));
  }
  close(connection);
  return answer;
}

HttpServerOptions At(const std::string& listen) {
  HttpServerOptions options;
  options.listen = listen;
  return options;
}

TEST(MetricsServerTest, ServesWhatIsCountedAndTheProcess) {
  auto server = MetricsServer::Start(At("127.0.0.1:0"), "1.2.3", "1/amx");
  ASSERT_TRUE(server.ok()) << server.status();
  prometheus::BuildCounter()
      .Name("assay_things_total")
      .Help("Things")
      .Register((*server)->registry())
      .Add({{"kind", "a\"b"}})
      .Increment(3);
  const std::string answer = Scrape((*server)->address());
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("assay_build_info{engine=\"1/amx\",version=\"1.2.3\"} 1"));
  EXPECT_THAT(answer, HasSubstr("assay_things_total{kind=\"a\\\"b\"} 3"));
  EXPECT_THAT(answer, testing::ContainsRegex("process_resident_memory_bytes [1-9]"));
  EXPECT_THAT(answer, HasSubstr("# TYPE process_cpu_seconds_total counter"));
  EXPECT_THAT(answer, testing::ContainsRegex("process_open_fds [1-9]"));
}

TEST(MetricsServerTest, ATakenPortAndWhatIsNoAddressAreRefused) {
  auto first = MetricsServer::Start(At("127.0.0.1:0"), "1", "");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = MetricsServer::Start(At((*first)->address()), "1", "");
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr((*first)->address()));
  EXPECT_TRUE(absl::IsInvalidArgument(MetricsServer::Start(At("9090"), "1", "").status()));
}

}  // namespace
}  // namespace assay
