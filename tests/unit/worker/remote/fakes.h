// A clock that stands still until told, an endpoint that answers as it is told, and what is asked
// of them.
#ifndef ASSAY_TESTS_UNIT_WORKER_REMOTE_FAKES_H_
#define ASSAY_TESTS_UNIT_WORKER_REMOTE_FAKES_H_

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/remote/remote_model.h"
#include "worker/remote/cancellation.h"
#include "worker/remote/http_transport.h"

namespace assay {

class TestClock : public Clock {
 public:
  absl::Time Now() override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }
  void Sleep(absl::Duration duration) override {
    absl::MutexLock lock(&mutex_);
    now_ += duration;
  }
  // Waiting is the passing of time.
  WaitFunction Wait() {
    return [this](absl::Duration duration, const Cancellation&) {
      {
        absl::MutexLock lock(&mutex_);
        waits_.push_back(duration);
      }
      Sleep(duration);
    };
  }
  std::vector<absl::Duration> waits() {
    absl::MutexLock lock(&mutex_);
    return waits_;
  }

 private:
  absl::Mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::vector<absl::Duration> waits_;
};

inline HttpResponse Respond(int status, std::string body, std::string retry_after = "") {
  return {status, std::move(retry_after), std::move(body)};
}

// Gives the queued answers in order, then what `otherwise` says. Thread-safe.
class FakeTransport : public HttpTransport {
 public:
  using Answer = absl::StatusOr<HttpResponse>;

  void Queue(Answer answer) {
    absl::MutexLock lock(&mutex_);
    answers_.push_back(std::move(answer));
  }
  // Called without a lock, by any thread; set before the first request.
  std::function<Answer(const HttpRequest&, const Cancellation&)> otherwise =
      [](const HttpRequest&, const Cancellation&) {
        return absl::UnavailableError("Connection refused");
      };

  Answer Post(const HttpRequest& request, const Cancellation& cancellation) override {
    {
      absl::MutexLock lock(&mutex_);
      requests_.push_back(request);
      if (!answers_.empty()) {
        Answer answer = std::move(answers_.front());
        answers_.pop_front();
        return answer;
      }
    }
    return otherwise(request, cancellation);
  }
  std::vector<HttpRequest> requests() {
    absl::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  absl::Mutex mutex_;
  std::deque<Answer> answers_;
  std::vector<HttpRequest> requests_;
};

inline ModelSpec ARemoteModel(RemoteApi api = RemoteApi::kChat) {
  RemoteEndpoint endpoint;
  endpoint.model = "gpt-x";
  endpoint.api = api;
  endpoint.concurrency = 4;
  return *MakeRemoteModel("gpt", "http://endpoint/v1", endpoint, 0, 4);
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_REMOTE_FAKES_H_
