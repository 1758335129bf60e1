// A small HTTP server: metrics, the API and the page share its port.
#ifndef ASSAY_COMMON_HTTP_HTTP_SERVER_H_
#define ASSAY_COMMON_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/http/web_message.h"
#include "common/tls/tls_files.h"

namespace assay {

struct HttpServerOptions {
  std::string listen;  // "HOST:PORT"; port 0: any free one; "[::1]:PORT" of IPv6
  TlsFiles tls = {};   // with a certificate: HTTPS only; with a CA, of clients that it has signed
  // Let other machines in without TLS.
  bool insecure = false;
  // Requests that are answered at once, and how many of these may be ordinary ones; more are
  // answered with 503 at once. 0: no request is ordinary.
  int threads = 2;
  int ordinary = 0;
  int connections = 512;  // at once; more are closed
  size_t max_body = size_t{1} << 20;
  // To read the head of a request, its body, and for each piece of an answer to be taken.
  int timeout_ms = 10'000;
};

// What a handler's requests may take of the server.
enum class HttpShare {
  kOrdinary,
  kAlways,  // also while all that is ordinary is busy
};

// Each request is a connection of its own, and waits for its client without a thread. Adds to every
// answer what browsers are to be told: no sniffing, no frames, nothing from elsewhere. Where it
// listens on this machine only, requests by a name that is not this machine's are refused, so that
// no page from elsewhere reaches it by a name of its own. Thread-safe.
class HttpServer {
 public:
  // InvalidArgument for what is no HOST:PORT, Unavailable when the address is taken or none,
  // FailedPrecondition for one that others reach, without TLS; and as CheckServerTlsFiles.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options);
  virtual ~HttpServer() = default;

  // Answers GET, HEAD and POST of `path` itself or, where it ends with '/', of what is below it;
  // the longest that fits is asked. A handler may be called by several threads at once.
  virtual void Handle(const std::string& path, HttpShare share, WebHandler handler) = 0;

  // Waits for the handlers that are at work, and for a moment for their answers to be taken. Safe
  // to call twice; the destructor does it as well.
  virtual void Stop() = 0;

  // "HOST:PORT", the port being the one that was bound.
  virtual const std::string& address() const = 0;
  // "https://HOST:PORT".
  virtual const std::string& url() const = 0;
};

// Whether a Host header may be sent to a server that listens on `listen`: any, unless it listens on
// this machine only.
bool IsOwnHost(absl::string_view listen, absl::string_view host);

}  // namespace assay

#endif  // ASSAY_COMMON_HTTP_HTTP_SERVER_H_
