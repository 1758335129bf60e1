#include "common/http/http_server.h"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/loopback.h"
#include "common/base/status_macros.h"
#include "common/http/http_session.h"
#include "common/http/response_text.h"
#include "common/tls/server_tls.h"

namespace assay {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// After an error of the machine's, as that there are no file descriptors.
constexpr std::chrono::milliseconds kAcceptPause(100);
constexpr absl::Duration kMostWait = absl::Seconds(5);

struct Route {
  HttpShare share = HttpShare::kOrdinary;
  WebHandler handler;
};

class BeastServer final : public HttpServer, public HttpSessionHost {
 public:
  explicit BeastServer(const HttpServerOptions& options)
      : options_(options), pool_(static_cast<size_t>(options.threads)) {}
  ~BeastServer() override { Stop(); }

  absl::Status Listen() {
    const std::string& listen = options_.listen;
    const size_t colon = listen.rfind(':');
    int port = -1;
    if (colon == std::string::npos || colon == 0 ||
        !absl::SimpleAtoi(listen.substr(colon + 1), &port) || port < 0 || port > 65535) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", listen, "\" is no HOST:PORT to serve HTTP at"));
    }
    if (!options_.tls.empty()) {
      ASSAY_ASSIGN_OR_RETURN(tls_, ServerTls::Create(options_.tls));
    } else if (!options_.insecure && !IsLoopbackAddress(listen)) {
      return absl::FailedPreconditionError(absl::StrCat(
          "refusing to serve HTTP at ", listen,
          " without TLS: name a certificate and its key (--tls-certificate, of a worker "
          "--metrics-tls-certificate), or listen at 127.0.0.1, or say --insecure (of a worker "
          "--metrics-insecure)"));
    }
    std::string host = listen.substr(0, colon);
    if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
    if (const error_code error = Bind(host, port)) {
      return absl::UnavailableError(
          absl::StrCat("HTTP cannot be served at ", listen, ": ", error.message()));
    }
    error_code error;
    port = acceptor_.local_endpoint(error).port();
    address_ = absl::StrCat(listen.substr(0, colon), ":", port);
    url_ = absl::StrCat(tls_ == nullptr ? "http://" : "https://", address_);
    Accept();
    thread_ = std::thread([this] { io_.run(); });
    return absl::OkStatus();
  }

  void Handle(const std::string& path, HttpShare share, WebHandler handler) override {
    absl::MutexLock lock(&mutex_);
    routes_[path] = std::make_shared<const Route>(Route{share, std::move(handler)});
  }

  void Stop() override {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      is_stopping_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      for (const std::shared_ptr<HttpSession>& session : Sessions()) session->Abort();
    });
    {
      absl::MutexLock lock(&mutex_);
      const auto all_ended = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
        return sessions_.empty();
      };
      mutex_.AwaitWithTimeout(absl::Condition(&all_ended), kMostWait);
    }
    pool_.join();
    io_.stop();
    thread_.join();
  }

  const std::string& address() const override { return address_; }
  const std::string& url() const override { return url_; }

  Limits limits() const override {
    return {.body = options_.max_body, .time = std::chrono::milliseconds(options_.timeout_ms)};
  }

  std::optional<WebResponse> Refuse(const WebRequest& head) override {
    if (!IsOwnHost(options_.listen, head.Header("Host"))) {
      return Refusal(403, "this server is asked by an address of this machine only");
    }
    if (FindRoute(head.path) == nullptr) return Refusal(404, "there is nothing here");
    if (head.method == "GET" || head.method == "HEAD" || head.method == "POST") {
      return std::nullopt;
    }
    return Refusal(405, "GET, HEAD and POST are answered");
  }

  void Answer(WebRequest request, std::function<void(std::string)> done) override {
    const std::shared_ptr<const Route> route = FindRoute(request.path);
    const bool ordinary = route->share == HttpShare::kOrdinary;
    if (ordinary && ++ordinary_ > options_.ordinary) {
      --ordinary_;
      WebResponse busy = Refusal(503, "too many requests at once; try again");
      busy.headers.emplace_back("Retry-After", "1");
      return done(ResponseText(request, std::move(busy)));
    }
    asio::post(pool_,
               [this, ordinary, route, request = std::move(request), done = std::move(done)] {
                 std::string text = ResponseText(request, route->handler(request));
                 if (ordinary) --ordinary_;
                 done(std::move(text));
               });
  }

  void Ended(HttpSession* session) override {
    absl::MutexLock lock(&mutex_);
    sessions_.erase(session);
  }

 private:
  error_code Bind(const std::string& host, int port) {
    error_code error;
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
    if (error) return error;
    const tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    return error;
  }

  void Accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (is_stopping_) return;
      if (error) return Pause();
      Begin(std::move(socket));
      Accept();
    });
  }

  void Pause() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code) {
      if (!is_stopping_) Accept();
    });
  }

  void Begin(tcp::socket socket) {
    std::shared_ptr<SSL_CTX> tls = tls_ == nullptr ? nullptr : tls_->Current();
    std::shared_ptr<HttpSession> session;
    {
      absl::MutexLock lock(&mutex_);
      if (sessions_.size() >= static_cast<size_t>(options_.connections)) return;
      session = HttpSession::Create(std::move(socket), tls.get(), this);
      sessions_[session.get()] = session;
    }
    session->Start();
  }

  std::vector<std::shared_ptr<HttpSession>> Sessions() {
    absl::MutexLock lock(&mutex_);
    std::vector<std::shared_ptr<HttpSession>> alive;
    for (const auto& [key, session] : sessions_) {
      if (auto held = session.lock()) alive.push_back(std::move(held));
    }
    return alive;
  }

  std::shared_ptr<const Route> FindRoute(const std::string& path) {
    absl::ReaderMutexLock lock(&mutex_);
    for (auto it = routes_.rbegin(); it != routes_.rend(); ++it) {
      // In falling order, so that the longest of those that fit comes first.
      const bool below = absl::EndsWith(it->first, "/") && absl::StartsWith(path, it->first);
      if (path == it->first || below) return it->second;
    }
    return nullptr;
  }

  const HttpServerOptions options_;
  std::string address_;
  std::string url_;
  std::unique_ptr<ServerTls> tls_;  // null: unprotected
  std::atomic<int> ordinary_ = 0;   // such requests that are being answered
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Route>> routes_ ABSL_GUARDED_BY(mutex_);
  std::map<HttpSession*, std::weak_ptr<HttpSession>> sessions_ ABSL_GUARDED_BY(mutex_);
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  asio::steady_timer pause_{io_};
  bool is_stopping_ = false;  // on the thread
  asio::thread_pool pool_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options) {
  auto server = std::make_unique<BeastServer>(options);
  if (absl::Status status = server->Listen(); !status.ok()) return status;
  return std::unique_ptr<HttpServer>(std::move(server));
}

bool IsOwnHost(absl::string_view listen, absl::string_view host) {
  // HTTP/1.0 has none; browsers always send it.
  return !IsLoopbackAddress(listen) || host.empty() || IsLoopbackAddress(host);
}

}  // namespace assay
