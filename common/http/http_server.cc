#include "common/http/http_server.h"

#include <civetweb.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "common/http/gzip.h"

namespace assay {
namespace {

constexpr char kMaxHeaders[] = "16384";
constexpr size_t kWorthCompressing = 1024;
constexpr int kFastCompression = 1;

// HOST of "HOST:PORT" or of HOST alone, without the brackets of IPv6.
absl::string_view HostOf(absl::string_view address) {
  if (absl::ConsumePrefix(&address, "[")) return address.substr(0, address.find(']'));
  return address.substr(0, address.rfind(':'));
}

bool IsLoopback(absl::string_view host) {
  return absl::EqualsIgnoreCase(host, "localhost") || host == "::1" ||
         absl::StartsWith(host, "127.");
}

struct Route {
  HttpShare share = HttpShare::kOrdinary;
  WebHandler handler;
};

WebRequest ReadHead(const mg_request_info& info) {
  WebRequest request;
  request.method = info.request_method;
  request.path = info.local_uri == nullptr ? "" : info.local_uri;
  request.query = info.query_string == nullptr ? "" : info.query_string;
  request.peer = info.remote_addr;
  for (int i = 0; i < info.num_headers; ++i) {
    request.headers.emplace_back(info.http_headers[i].name, info.http_headers[i].value);
  }
  return request;
}

WebResponse Refusal(int status, absl::string_view why) {
  WebResponse response;
  response.status = status;
  response.body = absl::StrCat(why, "\n");
  return response;
}

// 0, or the status that the request is refused with.
int ReadBody(mg_connection* connection, const mg_request_info& info, size_t most,
             WebRequest& request) {
  if (info.content_length < 0) return request.Header("Transfer-Encoding").empty() ? 0 : 411;
  if (static_cast<uint64_t>(info.content_length) > most) return 413;
  std::string& body = request.body;
  body.resize(static_cast<size_t>(info.content_length));
  for (size_t read = 0; read < body.size();) {
    const int size = mg_read(connection, body.data() + read, body.size() - read);
    if (size <= 0) return 400;
    read += static_cast<size_t>(size);
  }
  return 0;
}

void Compress(const WebRequest& request, WebResponse& response) {
  if (response.encoded || response.body.size() < kWorthCompressing) return;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (!AcceptsGzip(request.Header("Accept-Encoding"))) return;
  std::string packed = Gzip(response.body, kFastCompression);
  if (packed.empty()) return;
  response.body = std::move(packed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

bool Has(const WebResponse& response, absl::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(), [&](const auto& header) {
    return absl::EqualsIgnoreCase(header.first, name);
  });
}

void Write(mg_connection* connection, const WebRequest& request, WebResponse response) {
  Compress(request, response);
  std::string head =
      absl::StrCat("HTTP/1.1 ", response.status, " ", StatusReason(response.status), "\r\n");
  const auto add = [&](absl::string_view name, absl::string_view value) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  };
  add("Connection", "close");
  if (response.status != 304) {
    add("Content-Type", response.content_type);
    add("Content-Length", absl::StrCat(response.body.size()));
  }
  add("X-Content-Type-Options", "nosniff");
  add("X-Frame-Options", "DENY");
  add("Referrer-Policy", "no-referrer");
  add("Cross-Origin-Resource-Policy", "same-origin");
  if (!Has(response, "Content-Security-Policy")) {
    add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  if (!Has(response, "Cache-Control")) add("Cache-Control", "no-store");
  for (const auto& [name, value] : response.headers) add(name, value);
  head += "\r\n";
  mg_write(connection, head.data(), head.size());
  if (request.method != "HEAD" && response.status != 304) {
    mg_write(connection, response.body.data(), response.body.size());
  }
}

class CivetServerOfOurs final : public HttpServer {
 public:
  explicit CivetServerOfOurs(const HttpServerOptions& options) : options_(options) {}
  ~CivetServerOfOurs() override { Stop(); }

  absl::Status Listen() {
    const size_t colon = options_.listen.rfind(':');
    int port = -1;
    if (colon == std::string::npos || colon == 0 ||
        !absl::SimpleAtoi(options_.listen.substr(colon + 1), &port) || port < 0 || port > 65535) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", options_.listen, "\" is no HOST:PORT to serve HTTP at"));
    }
    mg_init_library(MG_FEATURES_DEFAULT);
    initialized_ = true;
    const std::string threads = absl::StrCat(options_.threads);
    const std::string timeout = absl::StrCat(options_.timeout_ms);
    const char* settings[] = {"listening_ports",
                              options_.listen.c_str(),
                              "num_threads",
                              threads.c_str(),
                              "request_timeout_ms",
                              timeout.c_str(),
                              "enable_keep_alive",
                              "no",
                              "max_request_size",
                              kMaxHeaders,
                              "enable_auth_domain_check",
                              "no",
                              nullptr};
    mg_callbacks callbacks = {};
    callbacks.log_message = [](const mg_connection*, const char*) { return 1; };
    callbacks.http_error = &CivetServerOfOurs::OnError;
    char why[256] = "";
    mg_error_data error = {};
    error.text = why;
    error.text_buffer_size = sizeof(why);
    mg_init_data init = {};
    init.callbacks = &callbacks;
    init.user_data = this;
    init.configuration_options = settings;
    context_ = mg_start2(&init, &error);
    if (context_ == nullptr) {
      return absl::UnavailableError(
          absl::StrCat("HTTP cannot be served at ", options_.listen, ": ", why));
    }
    mg_server_port bound[1] = {};
    if (mg_get_server_ports(context_, 1, bound) == 1) port = bound[0].port;
    address_ = absl::StrCat(options_.listen.substr(0, colon), ":", port);
    mg_set_request_handler(
        context_, "/",
        [](mg_connection* connection, void* self) {
          return static_cast<CivetServerOfOurs*>(self)->Answer(connection);
        },
        this);
    return absl::OkStatus();
  }

  void Handle(const std::string& path, HttpShare share, WebHandler handler) override {
    absl::MutexLock lock(&mutex_);
    routes_[path] = std::make_shared<const Route>(Route{share, std::move(handler)});
  }

  void Stop() override {
    if (context_ != nullptr) mg_stop(context_);
    context_ = nullptr;
    if (initialized_) mg_exit_library();
    initialized_ = false;
  }

  const std::string& address() const override { return address_; }

 private:
  static int OnError(mg_connection* connection, int status, const char*) {
    const mg_request_info* info = mg_get_request_info(connection);
    WebRequest request;
    if (info != nullptr && info->request_method != nullptr) request.method = info->request_method;
    Write(connection, request, Refusal(status, StatusReason(status)));
    return 0;
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

  WebResponse Respond(mg_connection* connection, const Route& route, WebRequest& request) {
    if (request.method == "POST") {
      const mg_request_info& info = *mg_get_request_info(connection);
      if (const int status = ReadBody(connection, info, options_.max_body, request)) {
        return Refusal(status, StatusReason(status));
      }
    } else if (request.method != "GET" && request.method != "HEAD") {
      return Refusal(405, "GET, HEAD and POST are answered");
    }
    return route.handler(request);
  }

  int Answer(mg_connection* connection) {
    WebRequest request = ReadHead(*mg_get_request_info(connection));
    const std::shared_ptr<const Route> route = FindRoute(request.path);
    const bool ordinary = route != nullptr && route->share == HttpShare::kOrdinary;
    const bool too_busy = ordinary && ++ordinary_ > options_.ordinary;
    const absl::Cleanup done = [&] { ordinary_ -= ordinary ? 1 : 0; };
    WebResponse response;
    if (!IsOwnHost(options_.listen, request.Header("Host"))) {
      response = Refusal(403, "this server is asked by an address of this machine only");
    } else if (route == nullptr) {
      response = Refusal(404, "there is nothing here");
    } else if (too_busy) {
      response = Refusal(503, "too many requests at once; try again");
      response.headers.emplace_back("Retry-After", "1");
    } else {
      response = Respond(connection, *route, request);
    }
    const int status = response.status;
    Write(connection, request, std::move(response));
    return status;
  }

  const HttpServerOptions options_;
  std::string address_;
  bool initialized_ = false;
  mg_context* context_ = nullptr;
  std::atomic<int> ordinary_ = 0;  // such requests that are being answered
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Route>> routes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options) {
  auto server = std::make_unique<CivetServerOfOurs>(options);
  if (absl::Status status = server->Listen(); !status.ok()) return status;
  return std::unique_ptr<HttpServer>(std::move(server));
}

bool IsLoopbackAddress(absl::string_view address) { return IsLoopback(HostOf(address)); }

bool IsOwnHost(absl::string_view listen, absl::string_view host) {
  // HTTP/1.0 has none; browsers always send it.
  if (!IsLoopback(HostOf(listen)) || host.empty()) return true;
  const bool has_port = host.rfind(':') != absl::string_view::npos && host.back() != ']';
  return IsLoopback(has_port || host.front() == '[' ? HostOf(host) : host);
}

}  // namespace assay
