#include "common/http/http_session.h"

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "common/http/request_target.h"
#include "common/http/response_text.h"
#include "common/tls/server_tls.h"

namespace assay {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kMaxHead = 16384;
constexpr size_t kPiece = size_t{64} << 10;
// What a client that was refused may still send until it has read why.
constexpr size_t kMaxIgnored = size_t{4} << 20;
constexpr std::chrono::seconds kIgnoring(2);

using PlainStream = beast::tcp_stream;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

// 0 where the connection has nobody to be told.
int StatusOf(const error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  const bool is_broken_off =
      error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() != make_error_code(http::error::bad_method).category();
  return is_broken_off ? 0 : 400;
}

template <typename Stream>
class SessionOf final : public HttpSession, public std::enable_shared_from_this<SessionOf<Stream>> {
 public:
  template <typename... Parts>
  explicit SessionOf(HttpSessionHost* host, Parts&&... parts)
      : host_(host), limits_(host->limits()), stream_(std::forward<Parts>(parts)...) {
    parser_.header_limit(kMaxHead);
    parser_.body_limit(limits_.body);
  }

  ~SessionOf() override { host_->Ended(this); }

  void Start() override {
    error_code error;
    const asio::ip::tcp::endpoint peer = tcp().socket().remote_endpoint(error);
    if (error) return;
    request_.peer = peer.address().to_string();
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      tcp().expires_after(limits_.time);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = Self()](error_code failed) {
        if (failed) return;
        PeerCertificate certificate = PeerCertificateOf(self->stream_.native_handle());
        self->request_.certificate_name = std::move(certificate.name);
        self->request_.certificate_uris = std::move(certificate.uris);
        self->ReadHead();
      });
    } else {
      ReadHead();
    }
  }

  void Abort() override {
    if (!is_read_) tcp().close();
  }

 private:
  std::shared_ptr<SessionOf> Self() { return this->shared_from_this(); }
  beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }

  void ReadHead() {
    tcp().expires_after(limits_.time);
    http::async_read_header(stream_, buffer_, parser_, [self = Self()](error_code error, size_t) {
      if (error) return self->Fail(error);
      self->TakeHead();
    });
  }

  void TakeHead() {
    const auto& head = parser_.get();
    request_.method = std::string(head.method_string());
    const absl::string_view target(head.target().data(), head.target().size());
    std::optional<RequestTarget> parsed = ParseTarget(target);
    if (!parsed.has_value()) return Refuse(Refusal(400));
    request_.path = std::move(parsed->path);
    request_.query = std::move(parsed->query);
    for (const auto& field : head) {
      request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    if (parser_.chunked()) return Refuse(Refusal(411));
    if (std::optional<WebResponse> refusal = host_->Refuse(request_)) {
      return Refuse(*std::move(refusal));
    }
    if (parser_.is_done()) return TakeBody();
    if (absl::EqualsIgnoreCase(request_.Header("Expect"), "100-continue")) {
      return SayContinue();
    }
    ReadBody();
  }

  void SayContinue() {
    static constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
    tcp().expires_after(limits_.time);
    asio::async_write(stream_, asio::buffer(kContinue, sizeof kContinue - 1),
                      [self = Self()](error_code error, size_t) {
                        if (!error) self->ReadBody();
                      });
  }

  void ReadBody() {
    tcp().expires_after(limits_.time);
    http::async_read(stream_, buffer_, parser_, [self = Self()](error_code error, size_t) {
      if (error) return self->Fail(error);
      self->TakeBody();
    });
  }

  void TakeBody() {
    is_read_ = true;
    tcp().expires_never();
    request_.body = std::move(parser_.get().body());
    host_->Answer(std::move(request_), [self = Self()](std::string text) {
      asio::post(self->tcp().get_executor(), [self, text = std::move(text)]() mutable {
        self->text_ = std::move(text);
        self->Write();
      });
    });
  }

  void Fail(const error_code& error) {
    const int status = StatusOf(error);
    if (status != 0) Refuse(Refusal(status));
  }

  void Refuse(WebResponse response) {
    ignores_ = kMaxIgnored;
    text_ = ResponseText(request_, std::move(response));
    is_read_ = true;
    Write();
  }

  void Write() {
    if (written_ == text_.size()) return Close();
    tcp().expires_after(limits_.time);
    asio::async_write(
        stream_, asio::buffer(text_.data() + written_, std::min(kPiece, text_.size() - written_)),
        [self = Self()](error_code error, size_t size) {
          self->written_ += size;
          if (!error) self->Write();
        });
  }

  void Close() {
    tcp().expires_after(kIgnoring);
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_shutdown([self = Self()](error_code) { self->Leave(); });
    } else {
      Leave();
    }
  }

  void Leave() {
    error_code error;
    tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    if (!error) Ignore();
  }

  // A connection that is closed with something unread in it is reset, and the answer with it.
  void Ignore() {
    if (ignores_ == 0) return;
    tcp().async_read_some(buffer_.prepare(std::min(kPiece, ignores_)),
                          [self = Self()](error_code error, size_t size) {
                            self->ignores_ -= std::min(size, self->ignores_);
                            if (!error) self->Ignore();
                          });
  }

  HttpSessionHost* const host_;
  const HttpSessionHost::Limits limits_;
  Stream stream_;
  beast::flat_buffer buffer_;
  http::request_parser<http::string_body> parser_;
  WebRequest request_;
  bool is_read_ = false;  // it is being answered
  std::string text_;
  size_t written_ = 0;
  size_t ignores_ = 0;
};

}  // namespace

std::shared_ptr<HttpSession> HttpSession::Create(asio::ip::tcp::socket socket, SSL_CTX* tls,
                                                 HttpSessionHost* host) {
  if (tls == nullptr) return std::make_shared<SessionOf<PlainStream>>(host, std::move(socket));
  // Takes over a reference; the stream has its own.
  SSL_CTX_up_ref(tls);
  asio::ssl::context context(tls);
  return std::make_shared<SessionOf<TlsStream>>(host, std::move(socket), context);
}

}  // namespace assay
