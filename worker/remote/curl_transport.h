// HTTP and HTTPS by libcurl. Certificates are always verified, and redirects are never followed: a
// key goes to the host that it was meant for, or nowhere.
#ifndef ASSAY_WORKER_REMOTE_CURL_TRANSPORT_H_
#define ASSAY_WORKER_REMOTE_CURL_TRANSPORT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "worker/remote/http_transport.h"

namespace assay {

struct CurlOptions {
  std::string ca_file = "";  // certificates to trust, PEM; empty: the system's
  size_t max_answer_bytes = size_t{32} << 20;
  absl::Duration connect_timeout = absl::Seconds(20);
};

// Connections are kept and used again.
class CurlTransport : public HttpTransport {
 public:
  // Before any other thread uses libcurl.
  explicit CurlTransport(CurlOptions options);
  ~CurlTransport() override;

  absl::StatusOr<HttpResponse> Post(const HttpRequest& request,
                                    const Cancellation& cancellation) override;

 private:
  struct Session;  // a handle of libcurl with its connections

  std::unique_ptr<Session> TakeSession() ABSL_LOCKS_EXCLUDED(mutex_);

  const CurlOptions options_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_CURL_TRANSPORT_H_
