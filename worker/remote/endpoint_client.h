// Asks an endpoint until it answers: within its limits, again after what passes, and no longer than
// an item's time.
#ifndef ASSAY_WORKER_REMOTE_ENDPOINT_CLIENT_H_
#define ASSAY_WORKER_REMOTE_ENDPOINT_CLIENT_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/domain/model_spec.h"
#include "worker/remote/cancellation.h"
#include "worker/remote/http_transport.h"
#include "worker/remote/rate_limiter.h"

namespace assay {

struct EndpointOptions {
  absl::Duration request_time = absl::Minutes(3);  // of one try, at most
  // Of an item with all its requests and tries, at most; waiting for one's turn under the limits
  // does not count.
  absl::Duration item_time = absl::Minutes(10);
  absl::Duration first_wait =
      absl::Seconds(1);  // after a failed try; doubles with every further one
  absl::Duration longest_wait = absl::Seconds(60);
};

// What time an item has left.
struct ItemTime {
  absl::Time deadline = absl::InfiniteFuture();  // counts from the first request on
};

// Thread-safe.
class EndpointClient {
 public:
  // All pointers must outlive the client. `random` gives numbers in [0, 1) and may be called by any
  // thread. `model` is a remote one.
  EndpointClient(const ModelSpec& model, std::string key, const EndpointOptions& options,
                 HttpTransport* transport, Clock* clock, WaitFunction wait,
                 std::function<double()> random);

  // Takes in the body of an answer of status 200. DataLoss: it is not whole, ask again. Any other
  // error ends the question.
  using Reader = std::function<absl::Status(absl::string_view body)>;

  // Sends `body` to the URL with `path` until `read` has taken in an answer. `estimated_tokens` is
  // what the request is taken for until its usage is known (see Correct). FailedPrecondition: no
  // other question will be answered either. Cancelled. Any other error is of this question alone.
  // No message holds the key.
  absl::Status Ask(absl::string_view path, const std::string& body, int64_t estimated_tokens,
                   const Reader& read, ItemTime* time, const Cancellation& cancellation);

  // An answer had `used` tokens instead of the estimated ones.
  void Correct(int64_t estimated, int64_t used) { limiter_.Correct(estimated, used); }

 private:
  // How one try ended.
  struct Try {
    enum class End { kDone, kTryAgain, kFailed };
    End end = End::kDone;
    absl::Status status;                         // of kTryAgain and kFailed
    absl::Duration wait = absl::ZeroDuration();  // that the endpoint asked for
    bool reached = true;                         // there was an answer of some kind
  };

  absl::Status AwaitTurn(int64_t tokens, ItemTime* time, const Cancellation& cancellation);
  Try TryOnce(const std::string& url, const std::string& body, const Reader& read,
              const ItemTime& time, const Cancellation& cancellation);
  Try OnRefusal(const HttpResponse& response);
  absl::Status GiveUp(int tries, const Try& last) const;

  const ModelSpec model_;
  const std::string key_;
  const EndpointOptions options_;
  HttpTransport* const transport_;
  Clock* const clock_;
  const WaitFunction wait_;
  const std::function<double()> random_;
  RateLimiter limiter_;
  std::atomic<bool> reached_{false};  // it has answered a request, in whatever way
};

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_ENDPOINT_CLIENT_H_
