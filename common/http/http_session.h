// One connection of the HTTP server: a request and its answer.
#ifndef ASSAY_COMMON_HTTP_HTTP_SESSION_H_
#define ASSAY_COMMON_HTTP_HTTP_SESSION_H_

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/http/web_message.h"

namespace assay {

class HttpSession;

// What a session asks of its server; outlives every session.
class HttpSessionHost {
 public:
  virtual ~HttpSessionHost() = default;

  struct Limits {
    size_t body;
    std::chrono::milliseconds time;  // for the handshake, the head, the body, each piece written
  };
  virtual Limits limits() const = 0;

  // Whether what the head of a request says is refused, before its body is read.
  virtual std::optional<WebResponse> Refuse(const WebRequest& head) = 0;
  // Calls `done` with the answer's text, from any thread. Never blocks.
  virtual void Answer(WebRequest request, std::function<void(std::string)> done) = 0;
  // The last that is heard of a session; from any thread.
  virtual void Ended(HttpSession* session) = 0;
};

// Lives as long as it has something to do, by itself.
class HttpSession {
 public:
  virtual ~HttpSession() = default;

  // Both on the thread of the socket's executor. Abort ends what is not being answered.
  virtual void Start() = 0;
  virtual void Abort() = 0;

  // `tls` may be null: unprotected.
  static std::shared_ptr<HttpSession> Create(boost::asio::ip::tcp::socket socket, SSL_CTX* tls,
                                             HttpSessionHost* host);
};

}  // namespace assay

#endif  // ASSAY_COMMON_HTTP_HTTP_SESSION_H_
