#include "worker/remote/curl_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/version.h"

namespace assay {
namespace {

// What libcurl's callbacks fill and look at.
struct Transfer {
  const Cancellation* cancellation;
  size_t max_answer_bytes;
  HttpResponse response;
  bool too_large = false;
};

size_t TakeBody(char* data, size_t size, size_t count, void* pointer) {
  auto* transfer = static_cast<Transfer*>(pointer);
  const size_t bytes = size * count;
  if (transfer->response.body.size() + bytes > transfer->max_answer_bytes) {
    transfer->too_large = true;
    return 0;  // ends the transfer
  }
  transfer->response.body.append(data, bytes);
  return bytes;
}

size_t TakeHeader(char* data, size_t size, size_t count, void* pointer) {
  constexpr absl::string_view kName = "retry-after:";
  absl::string_view line(data, size * count);
  if (absl::StartsWithIgnoreCase(line, kName)) {
    static_cast<Transfer*>(pointer)->response.retry_after =
        std::string(absl::StripAsciiWhitespace(line.substr(kName.size())));
  }
  return size * count;
}

int LookForCancellation(void* pointer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(pointer)->cancellation->cancelled() ? 1 : 0;
}

absl::Status ErrorOf(CURLcode code, const Transfer& transfer, const char* details) {
  const absl::string_view words = *details != '\0' ? details : curl_easy_strerror(code);
  switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
      return absl::CancelledError("called off");
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(words);
    case CURLE_WRITE_ERROR:
      if (!transfer.too_large) break;
      return absl::ResourceExhaustedError(
          absl::StrCat("the answer is larger than ", transfer.max_answer_bytes, " bytes"));
    case CURLE_PEER_FAILED_VERIFICATION:
      return absl::FailedPreconditionError(
          absl::StrCat("the endpoint's certificate is not trusted (", words,
                       "); --ca-file names certificates of your own"));
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return absl::FailedPreconditionError(words);
    default:
      break;
  }
  return absl::UnavailableError(words);
}

}  // namespace

struct CurlTransport::Session {
  CURL* handle = curl_easy_init();
  char details[CURL_ERROR_SIZE] = {};
  Session() = default;
  Session(const Session&) = delete;
  ~Session() { curl_easy_cleanup(handle); }
};

CurlTransport::CurlTransport(CurlOptions options) : options_(std::move(options)) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
}

CurlTransport::~CurlTransport() = default;

std::unique_ptr<CurlTransport::Session> CurlTransport::TakeSession() {
  absl::MutexLock lock(&mutex_);
  if (idle_.empty()) return std::make_unique<Session>();
  std::unique_ptr<Session> session = std::move(idle_.back());
  idle_.pop_back();
  return session;
}

absl::StatusOr<HttpResponse> CurlTransport::Post(const HttpRequest& request,
                                                 const Cancellation& cancellation) {
  if (cancellation.cancelled()) return absl::CancelledError("called off");
  std::unique_ptr<Session> session = TakeSession();
  if (session->handle == nullptr) return absl::UnavailableError("libcurl has no memory");
  CURL* const curl = session->handle;
  Transfer transfer{&cancellation, options_.max_answer_bytes, {}, false};

  curl_slist* headers = nullptr;
  const auto add = [&headers](const std::string& line) {
    headers = curl_slist_append(headers, line.c_str());
  };
  add("Content-Type: application/json");
  add("Accept: application/json");
  add("Expect:");  // the body follows at once
  if (!request.bearer.empty()) add(absl::StrCat("Authorization: Bearer ", request.bearer));
  const absl::Cleanup free_headers = [&headers] { curl_slist_free_all(headers); };

  curl_easy_reset(curl);  // its connections stay
  session->details[0] = '\0';
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, session->details);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, absl::StrCat("assay/", kVersion).c_str());
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl can unpack
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  const int64_t connect_ms = absl::ToInt64Milliseconds(options_.connect_timeout);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_ms));
  if (request.timeout != absl::InfiniteDuration()) {
    const int64_t timeout_ms = absl::ToInt64Milliseconds(request.timeout);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(timeout_ms, 1)));
  }
  if (!options_.ca_file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, LookForCancellation);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);

  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return ErrorOf(code, transfer, session->details);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(session));
  return std::move(transfer.response);
}

}  // namespace assay
