// PostByCurl of otlp_exporter.h.
#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/tracing/otlp_exporter.h"

namespace assay {
namespace {

constexpr long kOk = 200;
constexpr long kLastOk = 299;

size_t Ignore(char*, size_t size, size_t count, void*) { return size * count; }

}  // namespace

PostJson PostByCurl(absl::Duration timeout) {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
  const std::shared_ptr<CURL> session(curl_easy_init(),
                                      [](CURL* curl) { curl_easy_cleanup(curl); });
  return [session, timeout](const std::string& url, const std::string& body) {
    CURL* const curl = session.get();
    if (curl == nullptr) return absl::ResourceExhaustedError("libcurl has no memory");
    const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(
        curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
    curl_easy_reset(curl);  // its connection stays
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     static_cast<long>(absl::ToInt64Milliseconds(timeout)));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Ignore);
    const CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) return absl::UnavailableError(curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status < kOk || status > kLastOk) {
      return absl::UnavailableError(absl::StrCat("HTTP ", status));
    }
    return absl::OkStatus();
  };
}

}  // namespace assay
