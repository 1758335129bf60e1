// Sends a request to a web server and takes its answer.
#ifndef ASSAY_WORKER_REMOTE_HTTP_TRANSPORT_H_
#define ASSAY_WORKER_REMOTE_HTTP_TRANSPORT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/remote/cancellation.h"

namespace assay {

struct HttpRequest {
  std::string url;
  std::string bearer;  // the key; empty: none is sent
  std::string body;    // JSON
  absl::Duration timeout = absl::InfiniteDuration();
};

struct HttpResponse {
  int status = 0;
  std::string retry_after;  // that header; empty when it is not there
  std::string body;
};

// Thread-safe.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // Waits for the whole answer, of whatever status. Unavailable: there is no connection, or it
  // broke before the answer was whole. DeadlineExceeded: the time-out. ResourceExhausted: the
  // answer is too large. FailedPrecondition: what will not be otherwise next time (the certificate
  // is not trusted). Cancelled.
  virtual absl::StatusOr<HttpResponse> Post(const HttpRequest& request,
                                            const Cancellation& cancellation) = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_HTTP_TRANSPORT_H_
