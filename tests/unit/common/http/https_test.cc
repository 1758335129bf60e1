// HTTP over TLS, with certificates that deploy/certificates makes.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/http/http_server.h"
#include "common/tls/tls_files.h"

namespace assay {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

// The whole answer; empty where there is none.
struct Answer {
  std::string text;
  std::string serial;  // of the server's certificate
};

class HttpsTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string pattern = std::filesystem::temp_directory_path() / "assay-https-XXXXXX";
    std::string folder = pattern;
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    Certify("pki ca");
    Certify("pki server server 127.0.0.1");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Each makes its own anew.
  void Certify(const std::string& arguments) const {
    const std::string command =
        absl::StrCat("deploy/certificates ", folder_, "/", arguments, " > /dev/null 2>&1");
    ASSERT_EQ(system(command.c_str()), 0) << command;  // NOLINT: of this test's own words
  }
  std::string File(const std::string& name) const { return absl::StrCat(folder_, "/", name); }

  void Serve(const std::string& client_ca = "") {
    HttpServerOptions options;
    options.listen = "127.0.0.1:0";
    options.ordinary = 1;
    options.tls = {
        .ca = client_ca, .certificate = File("pki/server.pem"), .key = File("pki/server.key")};
    auto started = HttpServer::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    server_->Handle("/", HttpShare::kOrdinary, [](const WebRequest& request) {
      WebResponse response;
      response.body = absl::StrCat(request.body, "|", request.certificate_name);
      for (const std::string& uri : request.certificate_uris) {
        absl::StrAppend(&response.body, "|", uri);
      }
      return response;
    });
  }

  int Connect() const {
    int port = 0;
    const std::string& address = server_->address();
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to = {};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    return connection;
  }

  // Trusts `ca`, and shows `own` where it is named.
  Answer Ask(const std::string& ca, const std::string& own = "") const {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    EXPECT_EQ(SSL_CTX_load_verify_locations(context.get(), File(ca).c_str(), nullptr), 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (!own.empty()) {
      EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context.get(), File(own + ".pem").c_str()), 1);
      EXPECT_EQ(
          SSL_CTX_use_PrivateKey_file(context.get(), File(own + ".key").c_str(), SSL_FILETYPE_PEM),
          1);
    }
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
    EXPECT_EQ(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls.get()), "127.0.0.1"), 1);
    const int connection = Connect();
    SSL_set_fd(tls.get(), connection);
    Answer answer;
    if (SSL_connect(tls.get()) == 1) {
      const ASN1_INTEGER* serial = X509_get0_serialNumber(SSL_get0_peer_certificate(tls.get()));
      answer.serial.assign(reinterpret_cast<const char*>(serial->data),
                           static_cast<size_t>(serial->length));
      const std::string request =
          "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody";
      SSL_write(tls.get(), request.data(), static_cast<int>(request.size()));
      char part[4096];
      for (int size; (size = SSL_read(tls.get(), part, sizeof(part))) > 0;) {
        answer.text.append(part, static_cast<size_t>(size));
      }
    }
    close(connection);
    return answer;
  }

  std::string folder_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpsTest, IsAnsweredToWhoTrustsTheCa) {
  Serve();
  EXPECT_THAT(server_->url(), testing::StartsWith("https://127.0.0.1:"));
  EXPECT_THAT(Ask("pki/ca.pem").text, EndsWith("\r\n\r\nbody|"));
  Certify("others ca");
  EXPECT_EQ(Ask("others/ca.pem").text, "");
  // Without TLS there is no answer in words.
  const int connection = Connect();
  const std::string plain = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  ASSERT_EQ(send(connection, plain.data(), plain.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(plain.size()));
  std::string answer(1000, '\0');
  answer.resize(
      static_cast<size_t>(std::max<ssize_t>(0, read(connection, answer.data(), answer.size()))));
  close(connection);
  EXPECT_THAT(answer, testing::Not(HasSubstr("HTTP")));
}

TEST_F(HttpsTest, AsksForACertificateOfItsCa) {
  Certify("pki client ann read submit");
  Certify("others ca");
  Certify("others client ann admin");
  Serve(File("pki/ca.pem"));
  EXPECT_EQ(Ask("pki/ca.pem").text, "");
  EXPECT_EQ(Ask("pki/ca.pem", "others/ann").text, "");
  // A server's certificate is no client's.
  EXPECT_EQ(Ask("pki/ca.pem", "pki/server").text, "");
  EXPECT_THAT(Ask("pki/ca.pem", "pki/ann").text,
              EndsWith("body|ann|assay:role:read|assay:role:submit"));
}

TEST_F(HttpsTest, TakesItsFilesUpWhenTheyChange) {
  Serve();
  const std::string first = Ask("pki/ca.pem").serial;
  ASSERT_NE(first, "");
  // A key that does not fit: what was there before goes on.
  Certify("pki server other 127.0.0.1");
  std::filesystem::rename(File("pki/other.key"), File("pki/server.key"));
  EXPECT_EQ(Ask("pki/ca.pem").serial, first);
  std::filesystem::rename(File("pki/other.pem"), File("pki/server.pem"));
  const Answer second = Ask("pki/ca.pem");
  EXPECT_NE(second.serial, first);
  EXPECT_THAT(second.text, EndsWith("body|"));
}

TEST_F(HttpsTest, FilesThatDoNotFitAreTold) {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  options.tls = {.certificate = File("pki/server.pem")};
  EXPECT_TRUE(absl::IsInvalidArgument(HttpServer::Start(options).status()));
  options.tls.key = File("pki/none.key");
  EXPECT_TRUE(absl::IsNotFound(HttpServer::Start(options).status()));
  options.tls.key = File("pki/server.key");
  std::filesystem::permissions(options.tls.key, std::filesystem::perms::all);
  EXPECT_THAT(std::string(HttpServer::Start(options).status().message()), HasSubstr("chmod"));
  std::filesystem::permissions(options.tls.key, std::filesystem::perms::owner_read);
  options.tls.ca = "system";
  EXPECT_THAT(std::string(HttpServer::Start(options).status().message()),
              HasSubstr("--tls-client-ca"));
}

}  // namespace
}  // namespace assay
